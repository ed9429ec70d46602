// SPDX-License-Identifier: Apache-2.0
#include "echo_socket.hpp"

#include <cerrno>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <system_error>

namespace regent::plugins::ping {

namespace {

[[noreturn]] void raise_errno(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

template <class Value>
void set(int fd, int level, int option, const Value& value, const char* what) {
    if (::setsockopt(fd, level, option, &value, sizeof value) != 0) raise_errno(what);
}

/// The kernel's own filter, by type: it comes before a packet is copied for this socket.
void accept_types(int fd, Family family) {
    if (family == Family::ipv4) {
        const icmp_filter filter{~((1U << ICMP_ECHOREPLY) | (1U << ICMP_DEST_UNREACH))};
        set(fd, SOL_RAW, ICMP_FILTER, filter, "cannot choose the types of ICMP messages");
    } else {
        icmp6_filter filter{};
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
        ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &filter);
        set(fd, IPPROTO_ICMPV6, ICMP6_FILTER, filter, "cannot choose the types of ICMP messages");
    }
}

/// Replies to others would wake every check of the machine. Errors pass: what they quote is read later.
void accept_identifier(int fd, Family family, std::uint16_t identifier) {
    const std::uint32_t unreachable =
        family == Family::ipv4 ? std::uint32_t{ICMP_DEST_UNREACH} : std::uint32_t{ICMP6_DST_UNREACH};
    std::array<sock_filter, 7> program{{
        // X: where the ICMP message begins. IPv6 sockets see no IP header, so there it is 0.
        family == Family::ipv4 ? sock_filter BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0)
                               : sock_filter BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, unreachable, 2, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    const sock_fprog filter{program.size(), program.data()};
    set(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter, "cannot filter by identifier");
}

}  // namespace

EchoSocket::EchoSocket(Family family, std::uint16_t identifier, const Origin& origin)
    : family_(family),
      socket_(::socket(family == Family::ipv4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                       family == Family::ipv4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6})) {
    if (!socket_) raise_errno("no raw socket, which takes CAP_NET_RAW");
    const int fd = socket_.get();
    accept_types(fd, family);
    accept_identifier(fd, family, identifier);
    if (!origin.interface.empty() && ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, origin.interface.data(),
                                                  static_cast<socklen_t>(origin.interface.size())) != 0)
        raise_errno("interface " + origin.interface);
    if (origin.source && ::bind(fd, &origin.source->any, origin.source->size) != 0) raise_errno("source");
}

int EchoSocket::send(const SocketAddress& to, const Label& label) const {
    const auto message = request(family_, label);
    const ssize_t size = ::sendto(socket_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                  &to.any, to.size);
    return size < 0 ? errno : 0;
}

std::optional<std::size_t> EchoSocket::next(SocketAddress& from) {
    from.size = sizeof from.v6;
    const ssize_t size =
        ::recvfrom(socket_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT, &from.any, &from.size);
    if (size < 0) return std::nullopt;
    return static_cast<std::size_t>(size);
}

}  // namespace regent::plugins::ping
