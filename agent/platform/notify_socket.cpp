// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/notify_socket.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/platform/system_error.hpp"

namespace regent::platform {

Result<NotifySocket> NotifySocket::from_environment() {
    const char* name = std::getenv("NOTIFY_SOCKET");
    return open(name == nullptr ? "" : name);
}

Result<NotifySocket> NotifySocket::open(std::string_view name) {
    NotifySocket made;
    if (name.empty()) return made;
    made.name_ = name;
    if (name.size() < 2 || (name.front() != '/' && name.front() != '@') ||
        name.size() >= sizeof(sockaddr_un::sun_path)) {
        return failure(fmt::format("cannot notify the service manager: '{}' is no socket name", name),
                       EINVAL);
    }
    made.socket_ = Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!made.socket_) {
        const int code = errno;
        return system_failure("cannot notify the service manager", code);
    }
    if (auto connected = made.connect(); !connected) return tl::unexpected(connected.error());
    return made;
}

Result<void> NotifySocket::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name_.data(), name_.size());
    if (name_.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) return {};
    const int code = errno;
    return system_failure(fmt::format("cannot notify the service manager at {}", name_), code);
}

bool NotifySocket::try_send(std::string_view message) const {
    return ::send(socket_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

bool NotifySocket::send(std::string_view message) {
    if (!active() || try_send(message)) return true;
    const bool full = errno == EAGAIN;
    if (!full && connect() && try_send(message)) return true;
    ++dropped_;
    return false;
}

}  // namespace regent::platform
