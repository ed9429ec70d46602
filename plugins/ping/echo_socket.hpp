// SPDX-License-Identifier: Apache-2.0
// A raw ICMP socket that hears the replies to one identifier only.
#pragma once

#include <optional>
#include <string>

#include "echo.hpp"
#include "plugins/support/descriptor.hpp"
#include "plugins/support/socket_address.hpp"

namespace regent::plugins::ping {

struct Origin {
    std::optional<SocketAddress> source;
    std::string interface;  ///< empty: any
};

class EchoSocket {
  public:
    /// Throws std::system_error; its what() begins with what could not be done.
    EchoSocket(Family family, std::uint16_t identifier, const Origin& origin);

    int fd() const { return socket_.get(); }
    Family family() const { return family_; }
    /// Returns 0 or an errno.
    int send(const SocketAddress& to, const Label& label) const;

    enum class More : std::uint8_t { yes, no };
    /// Hands the next packet to `take`, if it means something.
    template <class Take>
    More receive(const Take& take) {
        SocketAddress from;
        const auto size = next(from);
        if (!size) return More::no;
        if (const auto heard = read(family_, Bytes(buffer_).first(*size))) take(*heard, from);
        return More::yes;
    }

  private:
    std::optional<std::size_t> next(SocketAddress& from);

    Family family_;
    Descriptor socket_;
    std::array<std::uint8_t, 576> buffer_{};  // of an error, no more than that is quoted
};

}  // namespace regent::plugins::ping
