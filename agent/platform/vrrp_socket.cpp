// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/vrrp_socket.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <utility>

#include "agent/platform/capabilities.hpp"
#include "agent/platform/socket_options.hpp"
#include "agent/platform/vrrp_datagram.hpp"

namespace regent::platform {

namespace {

constexpr int internetwork_control = 0xc0;  // IPTOS_CLASS_CS6, what Keepalived and FRR send too
constexpr std::size_t receive_buffer = 1024UL * 1024;
constexpr int discard_limit = 10'000;
constexpr int off = 0;
constexpr int on = 1;

struct Option {
    int level;
    int name;
    int value;
    std::string_view what;
};

Result<void> set_options(int fd, std::initializer_list<Option> options) {
    for (const Option& option : options) {
        if (auto set = set_option(fd, option.level, option.name, option.value, option.what); !set) return set;
    }
    return {};
}

Result<void> prepare_ipv4(int fd, int interface_index) {
    ip_mreqn outgoing{};
    outgoing.imr_ifindex = interface_index;
    if (auto set = set_option(fd, IPPROTO_IP, IP_MULTICAST_IF, outgoing, "IP_MULTICAST_IF"); !set) return set;
    return set_options(fd, {{IPPROTO_IP, IP_MULTICAST_LOOP, off, "IP_MULTICAST_LOOP"},
                            {IPPROTO_IP, IP_MULTICAST_ALL, off, "IP_MULTICAST_ALL"},
                            {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "IP_MTU_DISCOVER"},
                            {IPPROTO_IP, IP_TOS, internetwork_control, "IP_TOS"}});
}

/// IPV6_CHECKSUM stays off: encode() writes the checksum and decode() verifies it, so that a wrong one is
/// counted.
Result<void> prepare_ipv6(int fd, int interface_index) {
    return set_options(fd, {{IPPROTO_IPV6, IPV6_MULTICAST_IF, interface_index, "IPV6_MULTICAST_IF"},
                            {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, off, "IPV6_MULTICAST_LOOP"},
                            {IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT, "IPV6_MTU_DISCOVER"},
                            {IPPROTO_IPV6, IPV6_TCLASS, internetwork_control, "IPV6_TCLASS"},
                            {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, on, "IPV6_RECVHOPLIMIT"},
                            {IPPROTO_IPV6, IPV6_RECVPKTINFO, on, "IPV6_RECVPKTINFO"}});
}

/// The control messages of one send: TTL and source address.
class Control {
  public:
    template <class T>
    void add(int level, int type, const T& value) {
        cmsghdr header{};
        header.cmsg_len = CMSG_LEN(sizeof value);
        header.cmsg_level = level;
        header.cmsg_type = type;
        std::memcpy(bytes_.data() + size_, &header, sizeof header);
        std::memcpy(bytes_.data() + size_ + CMSG_LEN(0), &value, sizeof value);
        size_ += CMSG_SPACE(sizeof value);
    }

    void attach(msghdr& message) {
        message.msg_control = bytes_.data();
        message.msg_controllen = size_;
    }

  private:
    alignas(
        cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(in6_pktinfo))> bytes_{};
    std::size_t size_ = 0;
};

template <class T>
T address_as(const IpAddress& address) {
    T result{};
    std::memcpy(&result, address.bytes().data(), std::min(sizeof result, address.size()));
    return result;
}

void address_ipv4(const core::SendAdvert& advert, int interface_index, sockaddr_storage& to,
                  Control& control) {
    sockaddr_in destination{};
    destination.sin_family = AF_INET;
    destination.sin_addr = address_as<in_addr>(advert.destination);
    std::memcpy(&to, &destination, sizeof destination);
    in_pktinfo source{};
    source.ipi_ifindex = interface_index;
    source.ipi_spec_dst = address_as<in_addr>(advert.source);
    control.add(IPPROTO_IP, IP_PKTINFO, source);
    control.add(IPPROTO_IP, IP_TTL, static_cast<int>(advert.ttl));
}

void address_ipv6(const core::SendAdvert& advert, int interface_index, sockaddr_storage& to,
                  Control& control) {
    sockaddr_in6 destination{};
    destination.sin6_family = AF_INET6;
    destination.sin6_addr = address_as<in6_addr>(advert.destination);
    if (advert.destination.is_link_local() || advert.destination.is_multicast()) {
        destination.sin6_scope_id = static_cast<std::uint32_t>(interface_index);
    }
    std::memcpy(&to, &destination, sizeof destination);
    in6_pktinfo source{};
    source.ipi6_ifindex = static_cast<std::uint32_t>(interface_index);
    source.ipi6_addr = address_as<in6_addr>(advert.source);
    control.add(IPPROTO_IPV6, IPV6_PKTINFO, source);
    control.add(IPPROTO_IPV6, IPV6_HOPLIMIT, static_cast<int>(advert.ttl));
}

}  // namespace

VrrpSocket::VrrpSocket(Descriptor socket, int interface_index, Family family)
    : socket_(std::move(socket)), interface_index_(interface_index), family_(family) {}

Result<VrrpSocket> VrrpSocket::open(int interface_index, Family family) {
    const int domain = family == Family::ipv4 ? AF_INET : AF_INET6;
    Descriptor socket(::socket(domain, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, vrrp::protocol_number));
    if (!socket) {
        const int code = errno;
        return raw_socket_failure(code);
    }
    const int fd = socket.get();
    // By index, not by name: the name may belong to another interface by now.
    auto ready = set_option(fd, SOL_SOCKET, SO_BINDTOIFINDEX, interface_index, "SO_BINDTOIFINDEX");
    if (ready) {
        ready =
            family == Family::ipv4 ? prepare_ipv4(fd, interface_index) : prepare_ipv6(fd, interface_index);
    }
    if (!ready) return tl::unexpected(ready.error());
    // From its creation until it was bound, the socket heard every interface.
    discard_waiting(fd, discard_limit);
    set_receive_buffer(fd, receive_buffer);
    set_highest_priority(fd);
    return VrrpSocket(std::move(socket), interface_index, family);
}

Result<void> VrrpSocket::set_groups(const std::set<IpAddress>& groups) {
    for (const IpAddress& group : std::set<IpAddress>(groups_)) {
        if (groups.contains(group)) continue;
        // A membership that the kernel no longer knows is as good as left.
        (void)change_membership(group, false);
        groups_.erase(group);
    }
    Result<void> outcome;
    for (const IpAddress& group : groups) {
        if (groups_.contains(group)) continue;
        if (auto joined = change_membership(group, true); joined) {
            groups_.insert(group);
        } else if (outcome) {
            outcome = joined;
        }
    }
    return outcome;
}

Result<void> VrrpSocket::change_membership(const IpAddress& group, bool join) const {
    if (group.family() != family_) return failure("the multicast group is of the other address family");
    const auto what = [&] { return fmt::format("membership of {}", group.to_string()); };
    if (family_ == Family::ipv4) {
        ip_mreqn membership{};
        membership.imr_multiaddr = address_as<in_addr>(group);
        membership.imr_ifindex = interface_index_;
        const int option = join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
        return set_option(fd(), IPPROTO_IP, option, membership, what());
    }
    ipv6_mreq membership{};
    membership.ipv6mr_multiaddr = address_as<in6_addr>(group);
    membership.ipv6mr_interface = static_cast<std::uint32_t>(interface_index_);
    const int option = join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
    return set_option(fd(), IPPROTO_IPV6, option, membership, what());
}

Result<void> VrrpSocket::send(const core::SendAdvert& advert) const {
    if (advert.source.family() != family_ || advert.destination.family() != family_) {
        return failure("cannot send: source or destination is of the other address family");
    }
    sockaddr_storage to{};
    Control control;
    if (family_ == Family::ipv4) {
        address_ipv4(advert, interface_index_, to, control);
    } else {
        address_ipv6(advert, interface_index_, to, control);
    }
    // sendmsg() only reads what it is given as void*.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    iovec vector{const_cast<std::uint8_t*>(advert.message.data()), advert.message.size()};
    msghdr message{};
    message.msg_name = &to;
    message.msg_namelen = family_ == Family::ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    control.attach(message);
    if (::sendmsg(fd(), &message, MSG_DONTWAIT) >= 0) return {};
    const int code = errno;
    return system_failure(
        fmt::format("cannot send from {} to {}", advert.source.to_string(), advert.destination.to_string()),
        code);
}

/// A raw IPv6 socket is given the groups that any program has joined, IPV6_MULTICAST_ALL or not
/// (__raw_v6_match() of net/ipv6/raw.c), hence the look at the destination.
std::size_t VrrpSocket::receive(DatagramBatch& batch, std::vector<core::Input>& out, std::size_t limit) {
    std::size_t taken = 0;
    while (taken < limit) {
        const std::size_t wanted = std::min(limit - taken, DatagramBatch::capacity);
        const auto count = batch.receive(fd(), wanted);
        if (!count) {
            ++receive_errors_;
            break;
        }
        for (std::size_t index = 0; index < *count; ++index) {
            const Datagram datagram = batch[index];
            auto packet = family_ == Family::ipv4 ? ipv4_packet(datagram.bytes, interface_index_)
                                                  : ipv6_packet(datagram, interface_index_);
            if (!packet) {
                ++receive_errors_;
            } else if (!packet->destination.is_multicast() || groups_.contains(packet->destination)) {
                out.emplace_back(*std::move(packet));
            }
        }
        taken += *count;
        if (*count < wanted) break;
    }
    return taken;
}

}  // namespace regent::platform
