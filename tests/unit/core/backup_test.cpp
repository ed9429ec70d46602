// SPDX-License-Identifier: Apache-2.0
// RFC 9568 §6.4.2: what a BACKUP does with what it hears and does not hear.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

/// Hears a better master for a while, with its last advert now.
void follow(Solo& solo, std::uint8_t priority = 200) {
    for (int i = 0; i < 5; ++i) {
        solo.world.run_for(1s);
        solo.hear(priority);
    }
    REQUIRE(solo.state() == State::backup);
}

}  // namespace

TEST_CASE("6.4.2: Master_Down_Timer is 3 intervals and the skew from the last accepted advert") {
    Solo solo;
    follow(solo);
    CHECK(solo.status().master == ip("10.0.0.2"));
    CHECK(solo.time_to(State::master) == 3609375us);
    CHECK(solo.status().reason.find("no advertisement from 10.0.0.2") != std::string::npos);
}

TEST_CASE("6.4.2: down_adverts stretches the silence, not the skew") {
    Solo solo([](Instance& i) { i.down_adverts = 5; });
    follow(solo);
    CHECK(solo.time_to(State::master) == 5609375us);
}

TEST_CASE("6.4.2: priority 0 arms Skew_Time") {
    Solo solo;
    follow(solo);
    solo.hear(0);
    CHECK_FALSE(solo.status().master);
    CHECK(solo.counters().priority_zero_received == 1);
    CHECK(solo.time_to(State::master) == 609375us);
    CHECK(solo.status().reason == "priority 0 from 10.0.0.2");
}

TEST_CASE(
    "6.4.2: priority 0 of another router than the master arms Skew_Time, and the master is still known") {
    Solo solo;
    follow(solo);
    solo.hear(0, "10.0.0.3");
    CHECK(solo.status().master == ip("10.0.0.2"));
    CHECK(solo.time_to(State::master) == 609375us);
}

TEST_CASE("6.4.2: priority 0 never postpones a timer that runs out sooner") {
    Solo solo;
    follow(solo);
    solo.world.run_for(3500ms);
    solo.hear(0);
    CHECK(solo.time_to(State::master) == 109375us);
}

TEST_CASE("6.4.2: an advert of equal priority is obeyed by a BACKUP whatever its address") {
    Solo solo;
    const auto* from = GENERATE("10.0.0.2", "10.0.0.9");
    for (int i = 0; i < 8; ++i) {
        solo.hear(100, from);
        solo.world.run_for(1s);
    }
    CHECK(solo.state() == State::backup);
}

TEST_CASE("6.4.2: a lower priority is ignored with Preempt_Mode") {
    Solo solo;
    follow(solo);
    for (int i = 0; i < 3; ++i) {
        solo.world.run_for(1s);
        solo.hear(50);
    }
    CHECK(solo.time_to(State::master) == 609375us);
    CHECK(solo.status().reason == "10.0.0.2 advertises priority 50, ours is 100");
}

TEST_CASE("A lower master that dies is one whose adverts have ended, not one that was overruled") {
    Solo solo([](Instance& i) { i.preempt = false; });
    follow(solo, 50);
    CHECK(solo.time_to(State::master) == 3609375us);
    CHECK(solo.status().reason == "no advertisement from 10.0.0.2 for 3.609 s");
}

TEST_CASE("6.4.2: a lower priority is obeyed without Preempt_Mode, until it leaves or dies") {
    Solo solo([](Instance& i) { i.preempt = false; });
    for (int i = 0; i < 30; ++i) {
        solo.hear(50);
        solo.world.run_for(1s);
    }
    REQUIRE(solo.state() == State::backup);
    SECTION("it dies") {
        CHECK(solo.time_to(State::master) == 2609375us);
    }
    SECTION("it leaves") {
        solo.hear(0);
        CHECK(solo.time_to(State::master) == 609375us);
    }
    SECTION("rule 12: it is sick and says so with priority 1") {
        solo.hear(1);
        CHECK(solo.time_to(State::master) == 609375us);
    }
}

TEST_CASE("8.3.2: an owner preempts whatever Preempt_Mode says") {
    Solo solo([](Instance& i) {
        i.priority = 255;
        i.preempt = false;
    });
    CHECK(solo.state() == State::master);
}

TEST_CASE("preempt_delay: a lower master is obeyed for so long, then overtaken") {
    Solo solo([](Instance& i) { i.preempt_delay = 10s; });
    const Instant begin = solo.world.now();
    while (solo.state() == State::backup && solo.world.now() < begin + 60s) {
        solo.hear(50);
        solo.world.run_for(1s);
    }
    const auto when = solo.world.entered("lb1", "VI_1", State::master) - begin;
    // The last obeyed advert came at 9 s; those from 10 s on were discarded.
    CHECK(when == 12609375us);
}

TEST_CASE("preempt_delay: does not hold back from a master that died or left") {
    Solo solo([](Instance& i) { i.preempt_delay = 1000s; });
    for (int i = 0; i < 5; ++i) {
        solo.hear(50);
        solo.world.run_for(1s);
    }
    SECTION("died") {
        CHECK(solo.time_to(State::master) == 2609375us);
    }
    SECTION("left") {
        solo.hear(0);
        CHECK(solo.time_to(State::master) == 609375us);
    }
}

TEST_CASE("preempt_delay: counts anew after a better master was heard") {
    Solo solo([](Instance& i) { i.preempt_delay = 10s; });
    const auto hear_for = [&](int seconds, std::uint8_t priority) {
        for (int i = 0; i < seconds; ++i) {
            solo.hear(priority);
            solo.world.run_for(1s);
        }
    };
    hear_for(8, 50);
    hear_for(1, 200);
    hear_for(12, 50);
    CHECK(solo.state() == State::backup);
    hear_for(1, 50);
    CHECK(solo.state() == State::master);
}

TEST_CASE("6.4.2: version 3 learns the master's interval, then computes skew and down time from it") {
    Solo solo([](Instance& i) { i.version = vrrp::Version::v3; });
    solo.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.interval = 100ms; });
    CHECK(solo.world.logged("lb1", "advertises every 100 ms, we every 1 s") == 1);
    SECTION("silence") {
        CHECK(solo.time_to(State::master) == 360937500ns);
    }
    SECTION("priority 0") {
        solo.hear(0, "10.0.0.2", [](vrrp::Advert& a) { a.interval = 100ms; });
        CHECK(solo.time_to(State::master) == 60937500ns);
    }
    SECTION("as MASTER it uses its own interval") {
        solo.make_master();
        solo.world.run_for(3s);
        CHECK(solo.adverts().size() == 4);
        CHECK(solo.adverts().front().decoded.advert.interval == 1s);
    }
    SECTION("a change of the interval is told once") {
        solo.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.interval = 200ms; });
        solo.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.interval = 200ms; });
        CHECK(solo.world.logged("lb1", "advertises every") == 2);
        CHECK(solo.time_to(State::master) == 721875us);
    }
    SECTION("one that was ours meanwhile is told anew") {
        solo.hear(200);
        CHECK(solo.world.logged("lb1", "advertises every") == 1);
        solo.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.interval = 100ms; });
        CHECK(solo.world.logged("lb1", "advertises every 100 ms") == 2);
    }
}

TEST_CASE("6.4.1: what was learned of a master before a fault does not count after it") {
    Solo solo([](Instance& i) { i.version = vrrp::Version::v3; });
    solo.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.interval = 100ms; });
    for (const bool carrier : {false, true}) {
        solo.world.tell(solo.node, solo.node.kernel.set_link("eth0", true, carrier));
        solo.world.run_for(0s);
        REQUIRE(solo.state() == (carrier ? State::backup : State::fault));
    }
    SECTION("nobody is heard any more") {
        CHECK(solo.time_to(State::master) == 3609375us);
    }
    SECTION("it leaves at once") {
        solo.hear(0, "10.0.0.2", [](vrrp::Advert& a) { a.interval = 100ms; });
        CHECK(solo.time_to(State::master) == 609375us);
    }
}

TEST_CASE("6.4.2: version 3 does not learn from an advert that it ignores") {
    Solo solo([](Instance& i) { i.version = vrrp::Version::v3; });
    solo.hear(200);
    solo.hear(50, "10.0.0.2", [](vrrp::Advert& a) { a.interval = 40s; });
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("6.4.2: a priority that changes while the timer runs moves the skew") {
    Solo solo;
    solo.hear(200);
    solo.world.run_for(1s);
    solo.change([](Instance& i) { i.priority = 200; });
    CHECK(solo.time_to(State::master) == 2218750us);
}

TEST_CASE("6.4.2: shutdown of a BACKUP says nothing on the wire") {
    Solo solo;
    follow(solo);
    solo.world.tell(solo.node, StopRequested{});
    solo.world.run_for(0s);
    CHECK(solo.node.stopped);
    CHECK(solo.state() == State::init);
    CHECK(solo.adverts().empty());
}
