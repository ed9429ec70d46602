// SPDX-License-Identifier: Apache-2.0
// Bounded, in order, nothing lost without being counted, and clean under ThreadSanitizer.
#include "agent/platform/spsc_queue.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <poll.h>
#include <string>
#include <thread>

#include "agent/platform/wakeup.hpp"

#include "network.hpp"

using namespace regent::platform;

TEST_CASE("A queue holds its capacity, keeps the order, and counts what it refuses") {
    SpscQueue<std::string> queue(3);
    CHECK(queue.try_push("one"));
    CHECK(queue.try_push("two"));
    CHECK(queue.try_push("three"));
    std::string refused = "four, which is long enough to live on the heap";
    CHECK_FALSE(queue.try_push(std::move(refused)));
    CHECK(refused == "four, which is long enough to live on the heap");
    CHECK(queue.dropped() == 1);
    CHECK_FALSE(queue.offer(std::move(refused)));
    CHECK(queue.dropped() == 1);
    queue.count_drop();
    CHECK(queue.dropped() == 2);
    CHECK(queue.try_pop() == "one");
    CHECK(queue.offer("five"));
    CHECK(queue.try_pop() == "two");
    CHECK(queue.try_pop() == "three");
    CHECK(queue.try_pop() == "five");
    CHECK(queue.try_pop() == std::nullopt);
}

TEST_CASE("Elements are moved through, and what is left goes with the queue") {
    const auto shared = std::make_shared<int>(1);
    {
        SpscQueue<std::shared_ptr<int>> queue(4);
        for (int count = 0; count < 3; ++count) {
            auto copy = shared;
            CHECK(queue.try_push(std::move(copy)));
            CHECK(copy == nullptr);
        }
        CHECK(queue.try_pop() == shared);
        CHECK(shared.use_count() == 3);
    }
    CHECK(shared.use_count() == 1);
}

TEST_CASE("Two threads: every message arrives once and in order") {
    constexpr std::uint64_t total = 200'000;
    SpscQueue<std::string> queue(64);
    auto filled = Wakeup::open();
    auto emptied = Wakeup::open();
    REQUIRE(filled);
    REQUIRE(emptied);

    std::uint64_t retried = 0;
    std::thread producer([&] {
        for (std::uint64_t number = 0; number < total; ++number) {
            std::string text = "message number " + std::to_string(number);
            while (!queue.try_push(std::move(text))) {
                ++retried;
                if (!test::readable(emptied->fd())) return;
                emptied->clear();
            }
            filled->signal();
        }
    });
    std::uint64_t next = 0;
    bool in_order = true;
    while (next < total && test::readable(filled->fd())) {
        filled->clear();
        while (const auto text = queue.try_pop()) {
            in_order = in_order && *text == "message number " + std::to_string(next);
            ++next;
        }
        emptied->signal();
    }
    producer.join();
    CHECK(in_order);
    CHECK(next == total);
    CHECK(queue.dropped() == retried);
}
