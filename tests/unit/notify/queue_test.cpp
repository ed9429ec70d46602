// SPDX-License-Identifier: Apache-2.0
// In order, one at a time, within bounds, and the last word is the last to arrive.
#include "agent/notify/queue.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace regent;
using namespace std::chrono_literals;
using notify::DeliveryQueue;

namespace {

notify::Event event(std::uint64_t sequence, std::string state = "master") {
    notify::Event made;
    made.sequence = sequence;
    made.new_state = std::move(state);
    return made;
}

constexpr Instant later{1s};

}  // namespace

TEST_CASE("One delivery at a time, in order") {
    DeliveryQueue queue({}, 8);
    queue.push(event(1));
    queue.push(event(2));
    const auto first = queue.next(later);
    REQUIRE(first);
    CHECK(first->event.sequence == 1);
    CHECK_FALSE(queue.next(later));
    CHECK(queue.next_deadline() == later);
    CHECK_FALSE(queue.ended(first->id + 1, true));
    CHECK(queue.ended(first->id, true));
    CHECK_FALSE(queue.ended(first->id, true));
    const auto second = queue.next(later);
    REQUIRE(second);
    CHECK(second->event.sequence == 2);
    CHECK(queue.lost());
    CHECK(queue.idle());
    CHECK(queue.counters().delivered == 1);
    CHECK(queue.counters().failed == 1);
}

TEST_CASE("Only the states that were asked for") {
    DeliveryQueue queue({"master", "fault"}, 8);
    queue.push(event(1, "backup"));
    CHECK(queue.idle());
    queue.push(event(2, "fault"));
    CHECK(queue.size() == 1);
}

TEST_CASE("Whatever happens: order, bounds, and counts that add up") {
    const auto holds = [](const std::vector<std::uint8_t>& steps, std::uint8_t room) {
        const std::size_t capacity = room % 8 + 1U;
        DeliveryQueue queue({}, capacity);
        std::uint64_t pushed = 0;
        std::uint64_t last_delivered = 0;
        std::optional<std::uint64_t> under_way;
        const auto deliver = [&] {
            if (const auto delivery = queue.next(later)) {
                RC_ASSERT(delivery->event.sequence > last_delivered);
                last_delivered = delivery->event.sequence;
                under_way = delivery->id;
            }
        };
        for (const auto step : steps) {
            if (step % 4 < 2) {
                queue.push(event(++pushed));
            } else if (step % 4 == 2) {
                deliver();
            } else if (under_way) {
                RC_ASSERT(queue.ended(*under_way, step > 100));
                under_way.reset();
            }
            RC_ASSERT(queue.size() <= capacity);
        }
        while (!queue.idle()) {
            if (under_way) queue.ended(*under_way, true);
            under_way.reset();
            deliver();
        }
        // The state in which it all ended is never the one that was dropped.
        RC_ASSERT(last_delivered == pushed);
        const auto& counters = queue.counters();
        RC_ASSERT(counters.delivered + counters.failed + counters.dropped == pushed);
    };
    CHECK(rc::check("queue", holds));
}
