// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/packet_socket.hpp"

#include <cerrno>
#include <cstring>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "agent/platform/capabilities.hpp"
#include "agent/platform/socket_options.hpp"

namespace regent::platform {

namespace {

constexpr std::size_t ethernet_header = 14;
constexpr std::size_t type_offset = 12;
/// A thousand addresses, announced five times, before the interface has sent any.
constexpr std::size_t send_buffer = 8UL * 1024 * 1024;

}  // namespace

Result<PacketSocket> PacketSocket::open() {
    Descriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) {
        const int code = errno;
        return raw_socket_failure(code);
    }
    set_send_buffer(socket.get(), send_buffer);
    set_highest_priority(socket.get());
    return PacketSocket(std::move(socket));
}

Result<void> PacketSocket::send(const core::SendFrame& frame) const {
    if (frame.frame.size() < ethernet_header) return failure("cannot send a frame without a header", EINVAL);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = frame.interface_index;
    to.sll_halen = 6;
    std::memcpy(to.sll_addr, frame.frame.data(), 6);
    std::memcpy(&to.sll_protocol, frame.frame.data() + type_offset, sizeof to.sll_protocol);
    const ssize_t sent = ::sendto(socket_.get(), frame.frame.data(), frame.frame.size(), MSG_DONTWAIT,
                                  reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (sent >= 0) return {};
    const int code = errno;
    return system_failure("cannot send a frame", code);
}

}  // namespace regent::platform
