// SPDX-License-Identifier: Apache-2.0
// What a failed socket call says about the peer, in words and as a verdict.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include "regent/context.hpp"

namespace regent::plugins {

/// Not an errno: the peer ended the connection in good order.
inline constexpr int closed_by_peer = -1;
/// Not an errno: it says more than it was asked.
inline constexpr int too_talkative = -2;

inline std::string words_of(int error) {
    if (error == closed_by_peer) return "closed by the peer";
    if (error == too_talkative) return "it says too much without being asked";
    return std::generic_category().message(error);
}

/// `error`: an errno. UNKNOWN is what this machine lacks; the peer is not to blame for it.
inline sdk::Result socket_verdict(int error, std::string message) {
    using sdk::Reason;
    switch (error) {
        case ECONNREFUSED: return sdk::down(Reason::refused, std::move(message), error);
        case EHOSTUNREACH:
        case ENETUNREACH:
        case EHOSTDOWN:
        case ENETDOWN:
        // What ICMP says of the way, in the kernel's words (net/ipv4/icmp.c): a firewall may choose any.
        case ENOPROTOOPT:
        case EOPNOTSUPP:
        case ENONET:
        case EPROTO: return sdk::down(Reason::unreachable, std::move(message), error);
        case ECONNRESET:
        case ECONNABORTED:
        case EPIPE: return sdk::down(Reason::reset, std::move(message), error);
        case ETIMEDOUT: return sdk::down(Reason::timeout, std::move(message), error);
        case EPERM:
        case EACCES: return sdk::unknown(Reason::permission, std::move(message), error);
        case EADDRINUSE:
        case EADDRNOTAVAIL:
        case EAGAIN:
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: return sdk::unknown(Reason::resource, std::move(message), error);
        default: return sdk::unknown(Reason::internal, std::move(message), error);
    }
}

}  // namespace regent::plugins
