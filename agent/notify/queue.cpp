// SPDX-License-Identifier: Apache-2.0
#include "agent/notify/queue.hpp"

#include <algorithm>
#include <utility>

namespace regent::notify {

DeliveryQueue::DeliveryQueue(std::set<std::string> states, std::size_t capacity)
    : states_(std::move(states)), capacity_(std::max<std::size_t>(capacity, 1)) {}

void DeliveryQueue::push(Event event) {
    if (!states_.empty() && !states_.contains(event.new_state)) return;
    if (waiting_.size() == capacity_) {
        waiting_.pop_front();
        ++counters_.dropped;
    }
    waiting_.push_back(std::move(event));
}

std::optional<DeliveryQueue::Delivery> DeliveryQueue::next(Instant give_up) {
    if (under_way_ || waiting_.empty()) return std::nullopt;
    Delivery delivery{++last_id_, std::move(waiting_.front())};
    waiting_.pop_front();
    under_way_ = last_id_;
    give_up_ = give_up;
    return delivery;
}

bool DeliveryQueue::ended(std::uint64_t id, bool delivered) {
    if (under_way_ != id) return false;
    under_way_.reset();
    ++(delivered ? counters_.delivered : counters_.failed);
    return true;
}

bool DeliveryQueue::lost() {
    return under_way_ && ended(*under_way_, false);
}

}  // namespace regent::notify
