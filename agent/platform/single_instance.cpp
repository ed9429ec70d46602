// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/single_instance.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/platform/system_error.hpp"

namespace regent::platform {

namespace {

constexpr std::string_view name = "regentd";

Descriptor unix_socket() {
    return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

socklen_t fill(sockaddr_un& address) {
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());  // a leading NUL makes the name abstract
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
}

/// Who listens on the name. nullopt: nobody does, or it cannot be told.
std::optional<ucred> holder(const sockaddr_un& address, socklen_t size) {
    const Descriptor probe = unix_socket();
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return std::nullopt;
    ucred credentials{};
    socklen_t length = sizeof credentials;
    if (::getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return std::nullopt;
    return credentials;
}

}  // namespace

Result<SingleInstance> SingleInstance::claim() {
    sockaddr_un address{};
    const socklen_t size = fill(address);
    Descriptor socket = unix_socket();
    if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
        const int code = errno;
        if (code != EADDRINUSE) return system_failure("cannot make sure to be the only regentd", code);
        const auto other = holder(address, size);
        if (!other) return failure("another regentd runs in this network namespace", code);
        return failure(fmt::format("another regentd runs in this network namespace (process {} of user {})",
                                   other->pid, other->uid),
                       code);
    }
    // Listening is what lets others learn who holds the name.
    if (::listen(socket.get(), 1) != 0) {
        const int code = errno;
        return system_failure("cannot make sure to be the only regentd", code);
    }
    return SingleInstance(std::move(socket));
}

}  // namespace regent::platform
