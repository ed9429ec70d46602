// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/outbox.hpp"

#include <catch2/catch.hpp>
#include <poll.h>
#include <thread>

#include "views.hpp"

using namespace regent;
using bus::Outbox;

namespace {

bool readable(const Outbox& outbox) {
    pollfd waiting{outbox.fd(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
}

bus::Transition change(std::uint64_t sequence) {
    return {bus::Kind::instance, "VI_1", "backup", "master", sequence, "why"};
}

}  // namespace

TEST_CASE("outbox: what changes twice is handed over once, changes of state one by one") {
    Outbox outbox(*platform::Wakeup::open());
    CHECK_FALSE(readable(outbox));
    outbox.put(test::instance("VI_1", vrrp::State::backup));
    outbox.tell(change(1));
    outbox.put(test::instance("VI_1"));
    outbox.tell(change(2));
    CHECK(readable(outbox));
    const auto batch = outbox.take();
    CHECK_FALSE(readable(outbox));
    REQUIRE(batch.instances.size() == 1);
    CHECK(batch.instances.at("VI_1")->status.state == vrrp::State::master);
    REQUIRE(batch.transitions.size() == 2);
    CHECK(batch.transitions.front().sequence == 1);
    CHECK(outbox.take().instances.empty());
}

TEST_CASE("outbox: what is gone is gone, and can come again") {
    Outbox outbox(*platform::Wakeup::open());
    outbox.put(test::instance("VI_1"));
    outbox.put("VI_1", core::Counters{});
    outbox.remove(bus::Kind::instance, "VI_1");
    auto batch = outbox.take();
    REQUIRE(batch.instances.size() == 1);
    CHECK_FALSE(batch.instances.at("VI_1"));
    CHECK(batch.counters.empty());
    outbox.remove(bus::Kind::instance, "VI_1");
    outbox.put(test::instance("VI_1"));
    CHECK(outbox.take().instances.at("VI_1"));
}

TEST_CASE("outbox: a bus that stalls costs bounded memory, and what is dropped is counted") {
    Outbox outbox(*platform::Wakeup::open());
    for (std::uint64_t number = 1; number <= Outbox::maximum_transitions + 5; ++number)
        outbox.tell(change(number));
    const auto batch = outbox.take();
    CHECK(batch.transitions.size() == Outbox::maximum_transitions);
    CHECK(batch.transitions.front().sequence == 6);
    CHECK(outbox.dropped() == 5);
}

TEST_CASE("outbox: two threads, none missing, none twice") {
    Outbox outbox(*platform::Wakeup::open());
    constexpr std::uint64_t changes = 10'000;
    std::jthread service([&] {
        for (std::uint64_t number = 1; number <= changes; ++number) {
            outbox.put(test::instance("VI_1"));
            outbox.tell(change(number));
        }
    });
    std::uint64_t last = 0;
    while (last < changes) {
        pollfd waiting{outbox.fd(), POLLIN, 0};
        REQUIRE(::poll(&waiting, 1, 10'000) == 1);
        for (const auto& each : outbox.take().transitions)
            if (each.sequence != ++last) FAIL("expected " << last << ", got " << each.sequence);
    }
    CHECK(outbox.dropped() == 0);
}
