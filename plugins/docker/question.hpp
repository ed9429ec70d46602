// SPDX-License-Identifier: Apache-2.0
// One question to dockerd and its whole answer.
#pragma once

#include <functional>
#include <tl/expected.hpp>

#include "plugins/curl/transfer.hpp"

namespace regent::plugins::docker {

struct Reply {
    long status = 0;
    std::string body;
};

/// Loop thread. Connections are kept between questions: that dockerd is gone shows on them at once.
class Question final : private curl::Listener {
  public:
    /// The error: UNKNOWN, for dockerd's troubles are not the container's.
    using Answer = tl::expected<Reply, sdk::Result>;
    using Done = std::function<void(Answer)>;
    static constexpr std::size_t maximum_answer = 4 << 20;  // of a host with a thousand containers

    explicit Question(const curl::Peer& peer) : transfer_(peer, request(), *this) {}

    /// `path` with its leading slash. `done` is called once, perhaps before this returns, unless cancelled.
    void ask(curl::Multi& multi, const std::string& path, Done done);
    void cancel() { transfer_.cancel(); }
    bool is_active() const { return transfer_.is_active(); }
    std::string awaited() const { return transfer_.awaited(); }

  private:
    static curl::Request request();
    bool on_status(long) override { return true; }
    bool on_body(std::string_view part) override;
    void on_end(CURLcode code) override;

    curl::Transfer transfer_;
    Done done_;
    std::string body_;
    bool is_too_long_ = false;
};

/// What it means for a container that dockerd could not be asked. Not for CURLE_OK.
sdk::Result dockerd_failure(const curl::Transfer& transfer, CURLcode code);

}  // namespace regent::plugins::docker
