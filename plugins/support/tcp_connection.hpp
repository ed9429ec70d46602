// SPDX-License-Identifier: Apache-2.0
// A TCP connection that nobody waits for, and the parameters that say where it leads.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "plugins/support/descriptor.hpp"
#include "plugins/support/socket_address.hpp"
#include "regent/context.hpp"

namespace regent::plugins {

/// Where to connect, as the parameters `host`, `port` and `source` say it.
struct TcpEndpoint {
    SocketAddress peer;
    std::optional<SocketAddress> source;
    std::string text;  ///< "10.0.0.5 port 80", for messages
};

/// Throws sdk::Blame.
TcpEndpoint tcp_endpoint(const sdk::Values& values);

/// What one call has moved. Both 0: nothing can be moved now.
struct Transfer {
    std::size_t size = 0;
    int error = 0;  ///< an errno, or closed_by_peer
};

/// Closed, with its descriptor unwatched, when it goes. Loop thread.
class TcpConnection {
  public:
    enum class Progress : std::uint8_t { pending, connected, failed };

    /// `notice_silence`: a host that falls silent is noticed within 4 s, also where nothing is ever sent.
    TcpConnection(sdk::Context context, TcpEndpoint endpoint, bool notice_silence);
    TcpConnection(const TcpConnection&) = delete;
    TcpConnection& operator=(const TcpConnection&) = delete;
    ~TcpConnection() { close(); }

    /// A new connection in place of the one before. Pending: it is watched, and finish() is to be called when
    /// its descriptor is ready.
    Progress connect();
    Progress finish();
    /// Why it failed; the message does not say where.
    const sdk::Result& fault() const { return fault_; }

    /// At most once; what the kernel does not take is the caller's to send later.
    Transfer send(std::string_view bytes) const;
    Transfer receive(std::span<char> into) const;

    /// `events`: REGENT_FD_READ | REGENT_FD_WRITE. Throws std::system_error.
    void watch(std::uint32_t events);
    void close();
    bool is_open() const { return static_cast<bool>(socket_); }
    int fd() const { return socket_.get(); }
    const TcpEndpoint& endpoint() const { return endpoint_; }

  private:
    Progress fail(sdk::Result fault);
    Progress established();
    /// Whether the two ends are the same socket.
    bool leads_to_itself() const;

    sdk::Context context_;
    TcpEndpoint endpoint_;
    bool notice_silence_;
    Descriptor socket_;
    std::uint32_t watched_ = 0;
    sdk::Result fault_;
};

}  // namespace regent::plugins
