// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/ah_socket.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "agent/platform/capabilities.hpp"
#include "agent/platform/socket_options.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::platform {

namespace {

/// A hint needs few of them.
constexpr std::size_t receive_buffer = 32UL * 1024;
constexpr int discard_limit = 10'000;
constexpr int on = 1;

/// A raw IPv4 socket's filter sees the IP header first (RFC 791 §3.1); the first byte behind it is the AH's
/// next header (RFC 2402 §2.1). AH is IPsec's too: all of that stays in the kernel.
Result<void> hear_vrrp_alone(int fd) {
    constexpr std::uint32_t destination_offset = 16;
    constexpr std::uint32_t group = 0xe0000012;  // 224.0.0.18
    constexpr std::uint32_t whole = 0xffff;
    // The jumps of the two comparisons lead to the last line, which drops.
    std::array<sock_filter, 7> filter{{
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, destination_offset},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 4, group},
        {BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0},
        {BPF_LD | BPF_B | BPF_IND, 0, 0, 0},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, vrrp::protocol_number},
        {BPF_RET | BPF_K, 0, 0, whole},
        {BPF_RET | BPF_K, 0, 0, 0},
    }};
    const sock_fprog program{filter.size(), filter.data()};
    return set_option(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, "SO_ATTACH_FILTER");
}

}  // namespace

Result<AhSocket> AhSocket::open() {
    Descriptor socket(::socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_AH));
    if (!socket) {
        const int code = errno;
        return raw_socket_failure(code);
    }
    const int fd = socket.get();
    auto ready = hear_vrrp_alone(fd);
    if (ready) ready = set_option(fd, IPPROTO_IP, IP_PKTINFO, on, "IP_PKTINFO");
    if (!ready) return tl::unexpected(ready.error());
    // From its creation until the filter was there, the socket heard every AH.
    discard_waiting(fd, discard_limit);
    set_receive_buffer(fd, receive_buffer);
    return AhSocket(std::move(socket));
}

/// Who has sent it, and where it arrived, is all that is wanted: no buffer for the datagram itself.
void AhSocket::drain(std::vector<core::Input>& out) const {
    for (std::size_t taken = 0; taken < datagrams_per_drain; ++taken) {
        sockaddr_in sender{};
        alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in_pktinfo))> control{};
        msghdr message{};
        message.msg_name = &sender;
        message.msg_namelen = sizeof sender;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (::recvmsg(fd(), &message, MSG_DONTWAIT) < 0) return;
        const cmsghdr* header = CMSG_FIRSTHDR(&message);
        if (header == nullptr || header->cmsg_len < CMSG_LEN(sizeof(in_pktinfo))) continue;
        in_pktinfo arrival{};
        std::memcpy(&arrival, CMSG_DATA(header), sizeof arrival);
        const auto source = std::bit_cast<std::array<std::uint8_t, 4>>(sender.sin_addr);
        out.emplace_back(core::AhHeard{arrival.ipi_ifindex, *IpAddress::from_bytes(source)});
    }
}

}  // namespace regent::platform
