// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/vrrp_sockets.hpp"

#include <algorithm>
#include <array>
#include <sys/epoll.h>
#include <utility>

#include "agent/platform/system_error.hpp"

namespace regent::platform {

namespace {

constexpr std::size_t ready_at_once = 32;

/// Interface and family in the 64 bits that epoll carries.
std::uint64_t pack(int interface_index, Family family) {
    return (std::uint64_t{static_cast<std::uint32_t>(interface_index)} << 8) |
           static_cast<std::uint64_t>(family);
}

}  // namespace

VrrpSockets::VrrpSockets(Descriptor epoll) : epoll_(std::move(epoll)) {}

Result<VrrpSockets> VrrpSockets::open() {
    Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) {
        const int code = errno;
        return system_failure("cannot watch the VRRP sockets", code);
    }
    return VrrpSockets(std::move(epoll));
}

void VrrpSockets::sync(const std::vector<Listen>& wanted, std::vector<Problem>& problems) {
    Wanted by_key;
    for (const Listen& listen : wanted) {
        auto [entry, added] = by_key.try_emplace(Key{listen.interface_index, listen.family}, listen);
        if (!added) entry->second.groups.insert(listen.groups.begin(), listen.groups.end());
    }
    close_where([&](const Key& key) { return !by_key.contains(key); });

    for (const auto& [key, listen] : by_key) {
        Result<void> outcome;
        if (!sockets_.contains(key)) outcome = open_socket(key);
        if (outcome) outcome = sockets_.at(key).set_groups(listen.groups);
        if (!outcome) {
            problems.push_back(
                {listen.interface, key.interface_index, key.family, std::move(outcome.error())});
        }
    }
}

Result<void> VrrpSockets::open_socket(const Key& key) {
    Result<VrrpSocket> socket = VrrpSocket::open(key.interface_index, key.family);
    if (!socket) return tl::unexpected(socket.error());
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = pack(key.interface_index, key.family);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket->fd(), &event) != 0) {
        const int code = errno;
        return system_failure("cannot watch a VRRP socket", code);
    }
    sockets_.emplace(key, *std::move(socket));
    return {};
}

template <class Predicate>
void VrrpSockets::close_where(const Predicate& predicate) {
    for (auto entry = sockets_.begin(); entry != sockets_.end();) {
        if (predicate(entry->first)) {
            closed_receive_errors_ += entry->second.receive_errors();
            entry = sockets_.erase(entry);  // closing takes it out of the epoll set
        } else {
            ++entry;
        }
    }
}

void VrrpSockets::interface_removed(int interface_index) {
    close_where([&](const Key& key) { return key.interface_index == interface_index; });
}

void VrrpSockets::leave_groups() {
    for (auto& [key, socket] : sockets_)
        (void)socket.set_groups({});
}

Result<void> VrrpSockets::send(const core::SendAdvert& advert) const {
    const VrrpSocket* socket = find(advert.interface_index, advert.source.family());
    if (socket == nullptr) return failure("cannot send: there is no open socket on the interface", ENODEV);
    return socket->send(advert);
}

std::size_t VrrpSockets::receive_all(std::vector<core::Input>& out, std::size_t limit) {
    std::size_t total = 0;
    while (total < limit) {
        // What epoll_wait() returns goes to the end of its ready list: asking for no more sockets than can be
        // served is what makes the turns fair when the limit is small.
        std::array<epoll_event, ready_at_once> ready{};
        const std::size_t room = std::min(limit - total, ready_at_once);
        const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(room), 0);
        if (count <= 0) break;
        const std::size_t share = std::clamp<std::size_t>((limit - total) / static_cast<std::size_t>(count),
                                                          1, DatagramBatch::capacity);
        std::size_t taken = 0;
        for (int index = 0; index < count; ++index) {
            const std::uint64_t packed = ready[static_cast<std::size_t>(index)].data.u64;
            const Key key{static_cast<int>(packed >> 8), static_cast<Family>(packed & 0xff)};
            if (auto found = sockets_.find(key); found != sockets_.end()) {
                taken += found->second.receive(batch_, out, share);
            }
        }
        if (taken == 0) break;
        total += taken;
    }
    return total;
}

const VrrpSocket* VrrpSockets::find(int interface_index, Family family) const {
    const auto found = sockets_.find(Key{interface_index, family});
    return found == sockets_.end() ? nullptr : &found->second;
}

std::uint64_t VrrpSockets::receive_errors() const {
    std::uint64_t sum = closed_receive_errors_;
    for (const auto& [key, socket] : sockets_)
        sum += socket.receive_errors();
    return sum;
}

}  // namespace regent::platform
