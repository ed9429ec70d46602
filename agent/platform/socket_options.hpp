// SPDX-License-Identifier: Apache-2.0
// Set-up that several sockets of this folder share.
#pragma once

#include <cstddef>
#include <string_view>
#include <sys/socket.h>

#include "agent/base/result.hpp"
#include "agent/platform/system_error.hpp"

namespace regent::platform {

/// setsockopt() with a value of any plain type. `what` names the option in the error text.
template <class T>
Result<void> set_option(int fd, int level, int option, const T& value, std::string_view what) {
    if (::setsockopt(fd, level, option, &value, sizeof value) != 0) {
        const int code = errno;
        return system_failure(fmt::format("cannot set {}", what), code);
    }
    return {};
}

/// Gives a socket a receive buffer of `bytes`: past net.core.rmem_max where CAP_NET_ADMIN allows, else as
/// much as the limit allows. The kernel doubles the value for its own bookkeeping.
void set_receive_buffer(int fd, std::size_t bytes);

/// The same for the send buffer.
void set_send_buffer(int fd, std::size_t bytes);

/// Puts what a socket sends before all other traffic of the interface (priority 7, else 6 without
/// CAP_NET_ADMIN). IP_TOS changes the priority as a side effect: set that first.
void set_highest_priority(int fd);

/// Throws away what waits to be received, at most `limit` datagrams. True: the queue was seen empty.
bool discard_waiting(int fd, int limit);

}  // namespace regent::platform
