// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/netlink_monitor.hpp"

#include <algorithm>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <utility>

#include "agent/platform/netlink_dump.hpp"
#include "agent/platform/netlink_parse.hpp"
#include "agent/platform/socket_options.hpp"
#include "agent/platform/system_error.hpp"

namespace regent::platform {

namespace {

/// Notifications are far smaller; one that is not counts as lost.
constexpr std::size_t datagram_size = 64UL * 1024;
constexpr long retry_nanoseconds = 100'000'000;
/// More than any receive buffer holds: discarding ends even while others keep filling the queue.
constexpr int discard_limit = 1 << 17;

Result<void> watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        const int code = errno;
        return system_failure("cannot watch the netlink socket", code);
    }
    return {};
}

template <class Header>
ByteView empty_header(const Header& header) {
    return {reinterpret_cast<const std::uint8_t*>(&header), sizeof header};
}

void append(nlmsghdr& message, std::vector<core::Input>& out) {
    switch (message.nlmsg_type) {
        case RTM_NEWLINK:
            if (auto link = parse_link(message)) out.emplace_back(core::LinkChanged{*std::move(link)});
            break;
        case RTM_DELLINK:
            if (auto link = parse_link(message)) out.emplace_back(core::LinkRemoved{link->index});
            break;
        case RTM_NEWADDR:
            if (auto address = parse_address(message)) out.emplace_back(core::AddressAppeared{*address});
            break;
        case RTM_DELADDR:
            if (auto address = parse_address(message)) out.emplace_back(core::AddressVanished{*address});
            break;
        default: break;
    }
}

/// Notifications come in the order of time, and a router keeps the source that it has. A dump has the newest
/// IPv6 address first (ipv6_link_dev_addr() of net/ipv6/addrconf.c), which may be one that only visits.
void put_oldest_first(std::vector<core::KernelAddress>& addresses) {
    const auto ipv6 = std::stable_partition(addresses.begin(), addresses.end(),
                                            [](const auto& each) { return each.address.is_ipv4(); });
    std::reverse(ipv6, addresses.end());
}

}  // namespace

NetlinkMonitor::NetlinkMonitor(NetlinkSocket socket, Descriptor epoll, Descriptor retry_timer)
    : socket_(std::move(socket)),
      epoll_(std::move(epoll)),
      retry_timer_(std::move(retry_timer)),
      buffer_(datagram_size) {}

Result<NetlinkMonitor> NetlinkMonitor::open(std::size_t receive_buffer) {
    Result<NetlinkSocket> socket = open_netlink(receive_buffer);
    if (!socket) return tl::unexpected(socket.error());
    const int error = nl_socket_add_memberships(socket->get(), RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
                                                RTNLGRP_IPV6_IFADDR, RTNLGRP_NONE);
    if (error < 0) return failure(fmt::format("cannot listen to the kernel: {}", nl_geterror(error)));

    Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    Descriptor timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    if (!epoll || !timer) {
        const int code = errno;
        return system_failure("cannot watch the netlink socket", code);
    }
    for (const int fd : {nl_socket_get_fd(socket->get()), timer.get()}) {
        if (auto watched = watch(epoll.get(), fd); !watched) return tl::unexpected(watched.error());
    }
    return NetlinkMonitor(*std::move(socket), std::move(epoll), std::move(timer));
}

Result<core::KernelSnapshot> NetlinkMonitor::snapshot() {
    const ifinfomsg all_links{};
    const ifaddrmsg all_addresses{};
    auto links = dump_all<core::Link>(RTM_GETLINK, empty_header(all_links), parse_link);
    if (!links) return tl::unexpected(links.error());
    auto addresses = dump_all<core::KernelAddress>(RTM_GETADDR, empty_header(all_addresses), parse_address);
    if (!addresses) return tl::unexpected(addresses.error());
    put_oldest_first(*addresses);
    return core::KernelSnapshot{*std::move(links), *std::move(addresses)};
}

void NetlinkMonitor::drain(std::vector<core::Input>& out) {
    if (lossy_) {
        resynchronise(out);
        return;
    }
    for (std::size_t count = 0; count < datagrams_per_drain; ++count) {
        const Read read = read_one(out);
        if (read == Read::nothing) return;
        if (read == Read::loss) {
            ++overruns_;
            lossy_ = true;
            resynchronise(out);
            return;
        }
    }
}

NetlinkMonitor::Read NetlinkMonitor::read_one(std::vector<core::Input>& out) {
    sockaddr_nl sender{};
    socklen_t sender_size = sizeof sender;
    const ssize_t size =
        ::recvfrom(nl_socket_get_fd(socket_.get()), buffer_.data(), buffer_.size(), MSG_DONTWAIT | MSG_TRUNC,
                   reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (size < 0) {
        if (errno == EAGAIN) return Read::nothing;
        // ENOBUFS: the queue was full. What other errors lose is not known, so it is the same case.
        return errno == EINTR ? Read::datagram : Read::loss;
    }
    if (sender.nl_pid != 0) return Read::datagram;  // not from the kernel
    if (static_cast<std::size_t>(size) > buffer_.size()) return Read::loss;

    auto* message = reinterpret_cast<nlmsghdr*>(buffer_.data());
    int remaining = static_cast<int>(size);
    for (; nlmsg_ok(message, remaining) != 0; message = nlmsg_next(message, &remaining)) {
        if (message->nlmsg_type == NLMSG_OVERRUN) return Read::loss;
        append(*message, out);
    }
    return Read::datagram;
}

void NetlinkMonitor::resynchronise(std::vector<core::Input>& out) {
    set_retry_timer(false);
    // The kernel drops every notification until an overrun queue has been emptied, so that a dump made before
    // would miss what happens between it and the emptying.
    if (discard_waiting(nl_socket_get_fd(socket_.get()), discard_limit)) {
        if (auto taken = snapshot()) {
            lossy_ = false;
            out.emplace_back(*std::move(taken));
            return;
        }
    }
    set_retry_timer(true);
}

void NetlinkMonitor::set_retry_timer(bool armed) {
    itimerspec setting{};
    setting.it_value.tv_nsec = armed ? retry_nanoseconds : 0;
    ::timerfd_settime(retry_timer_.get(), 0, &setting, nullptr);
}

}  // namespace regent::platform
