// SPDX-License-Identifier: Apache-2.0
// The event loop: timers fire when asked, not 250 ms later; what is watched is called.
#include "agent/platform/event_loop.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sys/epoll.h>
#include <vector>

#include "agent/platform/clock.hpp"
#include "agent/platform/wakeup.hpp"

using namespace regent;
using namespace std::chrono_literals;

TEST_CASE("A timer is never early and not late by sd-event's default accuracy") {
    auto loop = platform::EventLoop::open();
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
    auto loop = platform::EventLoop::open();
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

TEST_CASE("What is unwatched is not called any more, not even in the same round") {
    auto loop = platform::EventLoop::open();
    REQUIRE(loop);
    auto first = platform::Wakeup::open();
    auto second = platform::Wakeup::open();
    auto last = platform::Wakeup::open();
    REQUIRE((first && second && last));
    int called = 0;
    const auto whoever_comes_first = [&] {
        ++called;
        loop->unwatch(first->fd());
        loop->unwatch(second->fd());
        last->signal();
    };
    REQUIRE(loop->watch(first->fd(), whoever_comes_first));
    REQUIRE(loop->watch(second->fd(), whoever_comes_first));
    REQUIRE(loop->watch(last->fd(), [&] { loop->quit(); }));
    first->signal();
    second->signal();
    REQUIRE(loop->run());
    CHECK(called == 1);
}

TEST_CASE("A descriptor is watched for what it was last asked for") {
    auto loop = platform::EventLoop::open();
    REQUIRE(loop);
    auto wakeup = platform::Wakeup::open();
    REQUIRE(wakeup);
    std::vector<std::uint32_t> seen;
    REQUIRE(loop->watch(wakeup->fd(), EPOLLIN, [&](std::uint32_t events) {
        seen.push_back(events);
        loop->quit();
    }));
    REQUIRE(loop->change(wakeup->fd(), EPOLLOUT));
    wakeup->signal();
    REQUIRE(loop->run());
    CHECK(seen == std::vector<std::uint32_t>{EPOLLOUT});
    loop->unwatch(wakeup->fd());
    CHECK_FALSE(loop->change(wakeup->fd(), EPOLLIN));
}

TEST_CASE("Who closes what it still watches does not make the next owner of the number deaf") {
    auto loop = platform::EventLoop::open();
    REQUIRE(loop);
    auto former = platform::Wakeup::open();
    REQUIRE(former);
    const int number = former->fd();
    int stray = 0, calls = 0;
    REQUIRE(loop->watch(number, [&] { ++stray; }));
    CHECK_FALSE(loop->watch(number, [&] { ++stray; }));  // of one that is open there is one watcher
    { const auto gone = std::move(*former); }
    auto next = platform::Wakeup::open();
    REQUIRE(next);
    REQUIRE(next->fd() == number);
    REQUIRE(loop->watch(number, [&] {
        ++calls;
        next->clear();
    }));
    next->signal();
    REQUIRE(loop->run_once(1s));
    CHECK(calls == 1);
    CHECK(stray == 0);
    loop->unwatch(number);
}
