// SPDX-License-Identifier: Apache-2.0
// An IP address as the socket calls want it, of either family.
#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace regent::plugins {

struct SocketAddress {
    union {
        sockaddr any{};
        sockaddr_in v4;
        sockaddr_in6 v6;
    };
    socklen_t size = 0;

    int family() const { return any.sa_family; }
    bool is_link_local() const { return family() == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr); }
    bool same_host(const SocketAddress& other) const {
        if (family() != other.family()) return false;
        if (family() == AF_INET) return v4.sin_addr.s_addr == other.v4.sin_addr.s_addr;
        return IN6_ARE_ADDR_EQUAL(&v6.sin6_addr, &other.v6.sin6_addr);
    }
};

/// What is wrong with one that is_link_local() where no interface can be named.
inline constexpr std::string_view link_local_fault =
    "is a link-local address, which means nothing without an interface";

/// Nothing when `text` is no IPv4 or IPv6 address.
inline std::optional<SocketAddress> socket_address(const std::string& text, std::uint16_t port = 0) {
    SocketAddress made;
    made.v6 = {};
    if (::inet_pton(AF_INET, text.c_str(), &made.v4.sin_addr) == 1) {
        made.v4.sin_family = AF_INET;
        made.v4.sin_port = htons(port);
        made.size = sizeof made.v4;
        return made;
    }
    made.v6 = {};
    if (::inet_pton(AF_INET6, text.c_str(), &made.v6.sin6_addr) == 1) {
        made.v6.sin6_family = AF_INET6;
        made.v6.sin6_port = htons(port);
        made.size = sizeof made.v6;
        return made;
    }
    return std::nullopt;
}

}  // namespace regent::plugins
