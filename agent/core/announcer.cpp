// SPDX-License-Identifier: Apache-2.0
#include "agent/core/announcer.hpp"

#include <algorithm>

#include "agent/vrrp/gratuitous.hpp"

namespace regent::core {
namespace {

// 64 frames take well under a millisecond to hand to the kernel; adverts of 10 ms stay on time between
// slices.
constexpr unsigned slice = 64;
constexpr Duration pause = std::chrono::milliseconds(1);

}  // namespace

void Announcer::enqueue(const AddressKey& key, Target& target, std::deque<AddressKey>& queue,
                        unsigned count) {
    target.remaining = std::max(target.remaining, count);
    if (target.queued || target.remaining == 0) return;
    target.queued = true;
    queue.push_back(key);
}

void Announcer::start(const AddressKey& key, const Gratuitous& how, Instant now) {
    stop(key);
    auto& target = targets_[key];
    target.how = how;
    enqueue(key, target, first_, how.count);
    if (how.delay > Duration::zero()) {
        target.second_burst = now + how.delay;
        second_.insert({*target.second_burst, key});
    }
    if (how.refresh > Duration::zero()) {
        target.refresh = now + how.refresh;
        refresh_.insert({*target.refresh, key});
    }
}

void Announcer::repeat(const AddressKey& key) {
    const auto found = targets_.find(key);
    if (found != targets_.end()) enqueue(key, found->second, repeat_, found->second.how.count);
}

void Announcer::repeat_all(const std::string& device) {
    for (auto at = targets_.lower_bound({device, {}, 0}); at != targets_.end() && at->first.device == device;
         ++at)
        enqueue(at->first, at->second, repeat_, at->second.how.count);
}

void Announcer::stop(const AddressKey& key) {
    const auto found = targets_.find(key);
    if (found == targets_.end()) return;
    if (found->second.second_burst) second_.erase({*found->second.second_burst, key});
    if (found->second.refresh) refresh_.erase({*found->second.refresh, key});
    targets_.erase(found);
}

bool Announcer::send_next(Instant now, const KernelView& kernel, Actions& actions) {
    while (!first_.empty() || !repeat_.empty()) {
        auto& queue = first_.empty() ? repeat_ : first_;
        const AddressKey key = queue.front();
        queue.pop_front();
        const auto found = targets_.find(key);
        if (found == targets_.end() || !found->second.queued) continue;
        auto& target = found->second;
        target.queued = false;
        const auto* link = kernel.link(key.device);
        if (!link || !link->link.arp || !link->link.up) {
            target.remaining = 0;
            continue;
        }
        const auto& mac = link->link.mac;
        actions.push_back(SendFrame{link->link.index,
                                    key.address.is_ipv4()
                                        ? vrrp::gratuitous_arp(mac, key.address)
                                        : vrrp::unsolicited_neighbour_advertisement(mac, key.address, true)});
        --target.remaining;
        if (target.remaining > 0) enqueue(key, target, repeat_, target.remaining);
        if (target.how.interval > Duration::zero()) not_before_ = now + target.how.interval;
        return true;
    }
    return false;
}

void Announcer::run(Instant now, const KernelView& kernel, Actions& actions) {
    while (!second_.empty() && second_.begin()->first <= now) {
        const AddressKey key = second_.begin()->second;
        second_.erase(second_.begin());
        targets_.at(key).second_burst.reset();
        repeat(key);
    }
    while (!refresh_.empty() && refresh_.begin()->first <= now) {
        const auto [due, key] = *refresh_.begin();
        refresh_.erase(refresh_.begin());
        auto& target = targets_.at(key);
        enqueue(key, target, repeat_, 1);
        target.refresh = std::max(due + target.how.refresh, now);
        refresh_.insert({*target.refresh, key});
    }
    if (not_before_ && *not_before_ > now) return;
    not_before_.reset();
    for (unsigned sent = 0; sent < slice; ++sent) {
        if (!send_next(now, kernel, actions)) return;
        if (not_before_ && *not_before_ > now) return;
    }
    if (!first_.empty() || !repeat_.empty()) not_before_ = now + pause;
}

std::optional<Instant> Announcer::next_deadline() const {
    std::optional<Instant> next;
    const auto consider = [&next](Instant at) {
        if (!next || at < *next) next = at;
    };
    if (!first_.empty() || !repeat_.empty()) consider(not_before_.value_or(Instant::min()));
    if (!second_.empty()) consider(second_.begin()->first);
    if (!refresh_.empty()) consider(refresh_.begin()->first);
    return next;
}

}  // namespace regent::core
