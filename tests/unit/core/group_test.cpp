// SPDX-License-Identifier: Apache-2.0
// Sync groups: all members MASTER or none, together.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

void make_pair(Settings& settings) {
    for (auto& instance : settings.instances)
        instance.pair = true;
}

void set_carrier(Cluster& c, Node& node, const std::string& link, bool carrier) {
    c.world.tell(node, node.kernel.set_link(link, true, carrier));
    c.world.run_for(0s);
}

}  // namespace

TEST_CASE("group: one LAN that loses packets does not split the group") {
    Cluster c(GENERATE(Cluster::Edit{}, Cluster::Edit{make_pair}));
    c.settle();
    const auto* lan = GENERATE("nat", "internal");
    c.cut(lan);
    c.world.run_for(120s);
    CHECK(c.serves(c.lb1));
    CHECK(state(c.lb2, "VI_1") == State::backup);
    CHECK(state(c.lb2, "VI_2") == State::backup);
    CHECK(c.world.all<Transition>("lb2").empty());
    SECTION("when the master then dies on the other LAN too, both members move at once") {
        World::kill(c.lb1);
        c.world.run_for(4s);
        CHECK(c.serves(c.lb2));
        CHECK(c.world.entered("lb2", "VI_1", State::master) == c.world.entered("lb2", "VI_2", State::master));
    }
    SECTION("healed: nothing happens") {
        c.heal(lan);
        c.world.run_for(60s);
        CHECK(c.world.all<Transition>("lb1").empty());
        CHECK(c.world.all<Transition>("lb2").empty());
    }
}

TEST_CASE("group: the FAULT of one member takes the group; the peer has both within its down time") {
    Cluster c;
    c.settle();
    const Instant begin = c.world.now();
    set_carrier(c, c.lb1, "enp0s8", false);
    CHECK(state(c.lb1, "VI_1") == State::fault);
    CHECK(state(c.lb1, "VI_2") == State::fault);
    CHECK(status(c.lb1, "VI_1").reason == "interface enp0s8 has no carrier");
    CHECK_FALSE(c.lb1.kernel.holds(ip(vip1)));
    CHECK(c.world.adverts("lb1", "VI_1").back().priority() == 0);
    CHECK(c.world.adverts("lb1", "VI_2").empty());
    c.world.run_until([&] { return c.serves(c.lb2); }, 5s);
    // VI_1 is ready after the skew; VI_2 heard nothing and waits for the master-down time.
    CHECK(c.world.now() - begin <= 3805ms);
    CHECK(c.world.entered("lb2", "VI_1", State::master) == c.world.entered("lb2", "VI_2", State::master));
    SECTION("and back when the carrier is back") {
        set_carrier(c, c.lb1, "enp0s8", true);
        c.world.run_for(5s);
        CHECK(c.serves(c.lb1));
        CHECK(became_master(c.world, "lb1", "VI_1") == 1);
    }
}

TEST_CASE("group, rule 4: the FAULT of one member of a group of pairs is taken over at once") {
    Cluster c(make_pair);
    c.settle();
    set_carrier(c, c.lb1, "enp0s8", false);
    c.world.run_for(World::latency);
    CHECK(c.serves(c.lb2));
}

TEST_CASE("group: a member that cannot start keeps all from serving") {
    Cluster c;
    c.settings1.instances[1].interface = "enp0s9";
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(10s);
    CHECK(state(c.lb1, "VI_1") == State::fault);
    CHECK(state(c.lb1, "VI_2") == State::fault);
    CHECK(c.world.all<SendAdvert>("lb1").empty());
}

TEST_CASE("group: the longest startup_delay of the members counts for all") {
    Cluster c;
    c.settings1.instances[1].startup_delay = 6s;
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(5999ms);
    CHECK(state(c.lb1, "VI_1") == State::init);
    c.world.run_for(4s);
    CHECK(c.serves(c.lb1));
}

TEST_CASE("group: preempt_delay of one member holds back all") {
    Cluster c([](Settings& s) { s.instances[1].preempt_delay = 20s; });
    c.settings2.instances[1].preempt_delay = 0s;
    c.world.start(c.lb2, c.settings2);
    c.world.run_for(10s);
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(19s);
    CHECK(c.serves(c.lb2));
    c.world.run_for(6s);
    CHECK(c.serves(c.lb1));
    CHECK(c.world.entered("lb1", "VI_1", State::master) == c.world.entered("lb1", "VI_2", State::master));
}

TEST_CASE("group: members of opposite priorities do not deadlock or split for ever") {
    Cluster c;
    c.settings1.instances[1].priority = 40;
    c.settings2.instances[1].priority = 60;
    c.world.start(c.lb1, c.settings1);
    c.world.start(c.lb2, c.settings2);
    c.world.run_for(60s);
    const bool first = c.serves(c.lb1);
    CHECK(first != c.serves(c.lb2));
    c.world.forget();
    c.world.run_for(600s);
    CHECK(c.serves(c.lb1) == first);
    CHECK(c.world.all<Transition>("lb1").size() + c.world.all<Transition>("lb2").size() <= 4);
}

TEST_CASE("group: Transition and status name it") {
    Cluster c;
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(5s);
    for (const auto& [at, transition] : c.world.all<Transition>("lb1"))
        CHECK(transition.group == "SG1");
    CHECK(status(c.lb1, "VI_2").group == "SG1");
}

TEST_CASE("two groups do not touch each other") {
    Cluster c;
    Settings both = Cluster::settings(100);
    both.groups = {{"A", {"VI_1"}, {}}, {"B", {"VI_2"}, {}}};
    c.world.start(c.lb1, both);
    c.world.run_for(10s);
    set_carrier(c, c.lb1, "enp0s8", false);
    CHECK(is_master(c.lb1, "VI_1"));
    CHECK(state(c.lb1, "VI_2") == State::fault);
}
