// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/socket_options.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace regent::platform {

namespace {

void set_buffer(int fd, int forced_option, int limited_option, std::size_t bytes) {
    const auto limit = static_cast<std::size_t>(std::numeric_limits<int>::max());
    const int size = static_cast<int>(std::min(bytes, limit));
    if (::setsockopt(fd, SOL_SOCKET, forced_option, &size, sizeof size) == 0) return;
    ::setsockopt(fd, SOL_SOCKET, limited_option, &size, sizeof size);
}

}  // namespace

void set_receive_buffer(int fd, std::size_t bytes) {
    set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, bytes);
}

void set_send_buffer(int fd, std::size_t bytes) {
    set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, bytes);
}

void set_highest_priority(int fd) {
    constexpr int control_traffic = 7;  // TC_PRIO_CONTROL
    constexpr int unprivileged = 6;     // TC_PRIO_INTERACTIVE, the highest without CAP_NET_ADMIN
    if (set_option(fd, SOL_SOCKET, SO_PRIORITY, control_traffic, "SO_PRIORITY")) return;
    (void)set_option(fd, SOL_SOCKET, SO_PRIORITY, unprivileged, "SO_PRIORITY");
}

bool discard_waiting(int fd, int limit) {
    for (int count = 0; count < limit; ++count) {
        if (::recv(fd, nullptr, 0, MSG_DONTWAIT | MSG_TRUNC) < 0 && errno == EAGAIN) return true;
    }
    return false;
}

}  // namespace regent::platform
