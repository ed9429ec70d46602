// SPDX-License-Identifier: Apache-2.0
// Rule 4: two nodes need no skew, once they know that they are two; a group of pairs leaves as a whole.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

Settings two_members() {
    Settings settings;
    settings.instances = {make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"}),
                          make_instance("VI_2", "eth0", 52, 100, {"10.0.0.101"})};
    for (auto& instance : settings.instances)
        instance.pair = true;
    settings.groups = {{"SG", {"VI_1", "VI_2"}, {}}};
    return settings;
}

/// An advert for VI_2; Solo::hear speaks to VI_1.
void hear_second(Solo& solo, std::uint8_t priority, const std::string& from = "10.0.0.2") {
    auto advert = solo.advert(priority);
    advert.virtual_router_id = 52;
    advert.addresses = {ip("10.0.0.101")};
    solo.hear(advert, from, "224.0.0.18");
}

void hear_both(Solo& solo, std::uint8_t priority) {
    solo.hear(priority);
    hear_second(solo, priority);
}

}  // namespace

TEST_CASE("rule 4: the first master-down after INIT keeps its skew in a pair too") {
    Solo solo([](Instance& i) { i.pair = true; });
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("rule 4: a lower advert does not make the first master-down sooner") {
    Solo solo([](Instance& i) { i.pair = true; });
    solo.hear(50);
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("rule 4: a pair that has heard its peer takes over without skew") {
    Solo solo([](Instance& i) { i.pair = true; });
    solo.hear(200);
    SECTION("silence") {
        CHECK(solo.time_to(State::master) == 3s);
    }
    SECTION("priority 0") {
        solo.hear(0);
        CHECK(solo.state() == State::master);
    }
    SECTION("priority 1, a last resort") {
        solo.hear(1);
        CHECK(solo.state() == State::master);
    }
}

TEST_CASE("rule 4: a discarded advert does not count as having heard the peer") {
    Solo solo([](Instance& i) { i.pair = true; });
    auto foreign = solo.advert(200);
    foreign.addresses = {ip("10.9.9.9")};
    solo.hear(foreign, "10.0.0.2", "224.0.0.18");
    CHECK(solo.discarded(vrrp::Discard::foreign) == 1);
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("rule 4: a fault ends: the next master-down is a first one again") {
    Solo solo([](Instance& i) { i.pair = true; });
    solo.hear(200);
    solo.world.tell(solo.node, solo.node.kernel.set_link("eth0", true, false));
    solo.world.run_for(5s);
    solo.world.tell(solo.node, solo.node.kernel.set_link("eth0", true, true));
    solo.world.run_for(0s);
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("rule 4: two senders switch the pair off, with one alarm") {
    Solo solo([](Instance& i) { i.pair = true; });
    solo.hear(200, "10.0.0.2");
    solo.hear(210, "10.0.0.3");
    CHECK(solo.world.logged("lb1", LogLevel::error, "10.0.0.2 and 10.0.0.3") == 1);
    SECTION("silence waits for the skew") {
        CHECK(solo.time_to(State::master) == 3609375us);
    }
    SECTION("priority 0 waits for the skew") {
        solo.hear(0, "10.0.0.3");
        CHECK(solo.time_to(State::master) == 609375us);
    }
    SECTION("for good") {
        for (int i = 0; i < 100; ++i) {
            solo.hear(200, "10.0.0.2");
            solo.world.run_for(1s);
        }
        CHECK(solo.time_to(State::master) == 2609375us);
        CHECK(solo.world.logged("lb1", LogLevel::error, "two routers") == 1);
    }
}

TEST_CASE("rule 4: priority 0 on one member of a group of pairs expires the timers of all") {
    Solo solo(two_members(), true);
    hear_both(solo, 200);
    solo.world.run_for(500ms);
    solo.hear(0);
    CHECK(solo.state() == State::master);
    CHECK(is_master(solo.node, "VI_2"));
    CHECK(status(solo.node, "VI_2").reason == "priority 0 from 10.0.0.2");
}

TEST_CASE("rule 4: it needs all members to be pairs that have heard their peer") {
    auto settings = two_members();
    SECTION("one is no pair") {
        settings.instances[1].pair = false;
        Solo solo(settings, true);
        hear_both(solo, 200);
        solo.hear(0);
        CHECK(solo.state() == State::backup);
    }
    SECTION("one has not heard anybody") {
        Solo solo(settings, true);
        solo.hear(200);
        solo.hear(0);
        CHECK(solo.state() == State::backup);
    }
    SECTION("one has heard two") {
        Solo solo(settings, true);
        hear_both(solo, 200);
        hear_second(solo, 190, "10.0.0.3");
        solo.hear(0);
        CHECK(solo.state() == State::backup);
    }
}

TEST_CASE("rule 4: a peer that is not grouped: the group returns, says so, and does not believe for 60 s") {
    Solo solo(two_members(), true);
    hear_both(solo, 200);
    solo.world.run_for(500ms);
    solo.hear(0);  // the peer stops its VI_1 alone
    REQUIRE(is_master(solo.node, "VI_2"));
    solo.world.run_for(500ms);
    solo.world.forget();
    hear_second(solo, 200);
    CHECK(solo.state() == State::backup);
    CHECK(state(solo.node, "VI_2") == State::backup);
    CHECK_FALSE(solo.holds("10.0.0.100"));
    CHECK_FALSE(solo.holds("10.0.0.101"));
    CHECK(solo.world.logged("lb1", LogLevel::warning, "not in one sync group") == 1);
    const Instant blocked = solo.world.now();
    const auto follow_until = [&](Instant end) {
        while (solo.world.now() < end) {
            hear_both(solo, 200);
            solo.world.run_for(500ms);
        }
    };
    SECTION("within 60 s") {
        follow_until(blocked + 59s);
        solo.hear(0);
        CHECK(solo.state() == State::backup);
    }
    SECTION("after 60 s") {
        follow_until(blocked + 60s);
        solo.hear(0);
        CHECK(solo.state() == State::master);
    }
}

TEST_CASE("rule 4: a peer that leaves as a group and comes back later is not called ungrouped") {
    Solo solo(two_members(), true);
    hear_both(solo, 200);
    hear_both(solo, 0);
    REQUIRE(solo.state() == State::master);
    solo.world.run_for(3700ms);  // no router returns before it has listened
    hear_both(solo, 200);
    CHECK(solo.state() == State::backup);
    CHECK(solo.world.logged("lb1", "not in one sync group") == 0);
}
