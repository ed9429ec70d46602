// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/capabilities.hpp"

#include <array>
#include <cerrno>
#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/platform/descriptor.hpp"
#include "agent/platform/system_error.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::platform {

bool has_capability(unsigned capability) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
    const std::size_t word = capability / 32;
    return word < sets.size() && ((sets[word].effective >> (capability % 32)) & 1U) != 0;
}

tl::unexpected<Error> raw_socket_failure(int code) {
    if (code != EPERM) return system_failure("cannot open a raw socket", code);
    return failure("cannot open a raw socket: CAP_NET_RAW is missing (run as root or grant it in the unit)",
                   code);
}

Result<void> check_permission() {
    const Descriptor raw(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, vrrp::protocol_number));
    if (!raw) {
        const int code = errno;
        return raw_socket_failure(code);
    }
    if (!has_capability(CAP_NET_ADMIN)) {
        return failure(
            "cannot change addresses: CAP_NET_ADMIN is missing (run as root or grant it in the unit)", EPERM);
    }
    return {};
}

}  // namespace regent::platform
