// SPDX-License-Identifier: Apache-2.0
// The event loop: timers fire when asked, not 250 ms later; what is watched is called.
#include "agent/app/event_loop.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "agent/platform/clock.hpp"
#include "agent/platform/wakeup.hpp"

using namespace regent;
using namespace std::chrono_literals;

TEST_CASE("A timer is never early and not late by sd-event's default accuracy") {
    auto loop = app::EventLoop::open();
    REQUIRE(loop);
    std::vector<Duration> lateness;
    Instant due;
    const auto arm = [&] {
        due = platform::now() + 5ms;
        loop->set_timer(due);
    };
    REQUIRE(loop->add_timer([&] {
        lateness.push_back(platform::now() - due);
        if (lateness.size() == 20) return loop->quit();
        arm();
    }));
    arm();
    REQUIRE(loop->run());
    std::sort(lateness.begin(), lateness.end());
    CHECK(lateness.front() >= 0ns);
    CHECK(lateness[lateness.size() / 2] < 100ms);
}

TEST_CASE("A timer in the past fires at once, and one that is off does not") {
    auto loop = app::EventLoop::open();
    REQUIRE(loop);
    auto wakeup = platform::Wakeup::open();
    REQUIRE(wakeup);
    int fired = 0;
    REQUIRE(loop->add_timer([&] {
        ++fired;
        loop->set_timer(std::nullopt);
        wakeup->signal();
    }));
    REQUIRE(loop->watch(wakeup->fd(), [&] {
        wakeup->clear();
        loop->quit();
    }));
    loop->set_timer(Instant{});
    REQUIRE(loop->run());
    CHECK(fired == 1);
}
