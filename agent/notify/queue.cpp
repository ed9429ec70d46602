// SPDX-License-Identifier: Apache-2.0
#include "agent/notify/queue.hpp"

#include <algorithm>
#include <utility>

namespace regent::notify {

DeliveryQueue::DeliveryQueue(std::set<std::string> states, std::size_t capacity)
    : states_(std::move(states)), capacity_(std::max<std::size_t>(capacity, 1)) {}

std::optional<Event> DeliveryQueue::push(Event event) {
    const bool wanted = states_.empty() || states_.contains(event.new_state);
    if (!wanted && event.kind != EventKind::test) return std::nullopt;
    std::optional<Event> dropped;
    if (waiting_.size() == capacity_) {
        dropped = std::move(waiting_.front());
        waiting_.pop_front();
        ++counters_.dropped;
    }
    waiting_.push_back(std::move(event));
    return dropped;
}

std::vector<Event> DeliveryQueue::fail_tests() {
    std::vector<Event> tests;
    std::erase_if(waiting_, [&](Event& event) {
        if (event.kind != EventKind::test) return false;
        tests.push_back(std::move(event));
        return true;
    });
    counters_.failed += tests.size();
    return tests;
}

std::optional<DeliveryQueue::Delivery> DeliveryQueue::next(Instant give_up) {
    if (under_way_ || waiting_.empty()) return std::nullopt;
    under_way_ = Delivery{++last_id_, std::move(waiting_.front())};
    waiting_.pop_front();
    give_up_ = give_up;
    return under_way_;
}

std::optional<Event> DeliveryQueue::ended(std::uint64_t id, bool delivered) {
    if (!under_way_ || under_way_->id != id) return std::nullopt;
    Event event = std::move(under_way_->event);
    under_way_.reset();
    ++(delivered ? counters_.delivered : counters_.failed);
    return event;
}

std::optional<Event> DeliveryQueue::lost() {
    return under_way_ ? ended(under_way_->id, false) : std::nullopt;
}

}  // namespace regent::notify
