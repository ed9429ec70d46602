// SPDX-License-Identifier: Apache-2.0
// What one notifier is still to be told: in order, one at a time, within bounds.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/notify/events.hpp"

namespace regent::notify {

class DeliveryQueue {
  public:
    struct Counters {
        std::uint64_t delivered = 0;
        std::uint64_t failed = 0;
        std::uint64_t dropped = 0;  ///< the oldest, for want of room
    };
    struct Delivery {
        std::uint64_t id = 0;
        Event event;
    };

    /// `states`: the new states that are of interest; empty: all. At most `capacity` events wait, at least 1.
    DeliveryQueue(std::set<std::string> states, std::size_t capacity);

    /// Takes it if it is of interest, as a test always is; drops the oldest that waits when there is no room,
    /// and returns it.
    std::optional<Event> push(Event event);

    /// Empties what waits, for a successor with other settings. The one under way stays.
    std::deque<Event> take_waiting() { return std::exchange(waiting_, {}); }

    /// Takes out the tests that wait; each counts as failed.
    std::vector<Event> fail_tests();

    /// The next to deliver; nothing while one is under way. It is given up at `give_up`.
    std::optional<Delivery> next(Instant give_up);
    /// The delivery with this number has ended: its event; nothing when it is not the one under way.
    std::optional<Event> ended(std::uint64_t id, bool delivered);
    /// The one under way was not answered, and nobody knows whether it came to its end: it counts as failed.
    /// Nothing when none was under way.
    std::optional<Event> lost();

    /// When the one under way is given up.
    std::optional<Instant> next_deadline() const {
        return under_way_ ? std::optional(give_up_) : std::nullopt;
    }
    bool idle() const { return !under_way_ && waiting_.empty(); }
    std::size_t size() const { return waiting_.size(); }
    const Counters& counters() const { return counters_; }

  private:
    std::set<std::string> states_;
    std::size_t capacity_;
    std::deque<Event> waiting_;
    std::optional<Delivery> under_way_;
    Instant give_up_{};
    std::uint64_t last_id_ = 0;
    Counters counters_;
};

}  // namespace regent::notify
