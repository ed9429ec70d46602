// SPDX-License-Identifier: Apache-2.0
// The reference cluster as a whole: two nodes, two LANs, one group of two.
#include <algorithm>
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

Instant removal(const World& world, const std::string& node, const std::string& address) {
    for (const auto& [at, removed] : world.all<RemoveAddress>(node)) {
        if (removed.address == ip(address)) return at;
    }
    return Instant::max();
}

/// Exactly one node holds each address from now until `end`, but for the overlap of make-before-break.
void never_without(Cluster& cluster, Duration duration) {
    const Instant end = cluster.world.now() + duration;
    while (cluster.world.now() < end) {
        cluster.world.run_for(1ms);
        const bool held = cluster.holds(cluster.lb1) || cluster.holds(cluster.lb2);
        if (!held) FAIL("nobody holds the addresses");
    }
}

std::size_t zeros(const World& world, const std::string& node, const std::string& instance) {
    const auto seen = world.adverts(node, instance);
    return static_cast<std::size_t>(
        std::count_if(seen.begin(), seen.end(), [](const auto& a) { return a.priority() == 0; }));
}

}  // namespace

TEST_CASE("reference cluster: at a cold start of both 101 wins, both members in the same instant") {
    Cluster c(GENERATE(Cluster::Edit{}, Cluster::Edit{make_pair}));
    const Instant begin = c.world.now();
    c.world.start(c.lb2, c.settings2);
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(20s);
    CHECK(c.serves(c.lb1));
    CHECK(c.holds(c.lb1));
    CHECK(state(c.lb2, "VI_1") == State::backup);
    CHECK_FALSE(c.holds(c.lb2));
    const Instant first = c.world.entered("lb1", "VI_1", State::master);
    // 3 adverts and (256 − 101) / 256 s: rule 4, the first master-down after INIT keeps its skew.
    CHECK(first - begin == 3605468750ns);
    CHECK(c.world.entered("lb1", "VI_2", State::master) == first);
    CHECK(became_master(c.world, "lb2", "VI_1") == 0);
}

TEST_CASE("reference cluster: after a clean stop lb2 has both within its skew, make before break") {
    Cluster c;
    c.settle();
    const Instant begin = c.world.now();
    c.world.tell(c.lb1, StopRequested{});
    never_without(c, 2s);
    CHECK(c.serves(c.lb2));
    CHECK(c.lb1.stopped);
    for (const auto* instance : {"VI_1", "VI_2"}) {
        CHECK(c.world.entered("lb2", instance, State::master) - begin == 804687500ns + World::latency);
        CHECK(zeros(c.world, "lb1", instance) == 1);
        CHECK(c.world.adverts("lb1", instance).size() == 1);
    }
    // The addresses leave when the next master has been heard, not before.
    CHECK(removal(c.world, "lb1", vip1) - begin == 804687500ns + 2 * World::latency);
    CHECK(removal(c.world, "lb1", vip2) - begin == 804687500ns + 2 * World::latency);
}

TEST_CASE("rule 4: in a pair lb2 has both as soon as it hears the first priority 0") {
    Cluster c(make_pair);
    c.settle();
    const Instant begin = c.world.now();
    c.world.tell(c.lb1, StopRequested{});
    never_without(c, 100ms);
    for (const auto* instance : {"VI_1", "VI_2"})
        CHECK(c.world.entered("lb2", instance, State::master) - begin == World::latency);
    CHECK(c.lb1.stopped);
}

TEST_CASE("reference cluster: on its return lb1 takes back, make before break") {
    Cluster c(GENERATE(Cluster::Edit{}, Cluster::Edit{make_pair}));
    c.settle();
    c.world.tell(c.lb1, StopRequested{});
    c.world.run_for(30500ms);
    c.world.forget();
    const Instant begin = c.world.now();
    c.world.start(c.lb1, c.settings1);
    never_without(c, 10s);
    CHECK(c.serves(c.lb1));
    CHECK_FALSE(c.holds(c.lb2));
    const Instant back = c.world.entered("lb1", "VI_1", State::master);
    CHECK(back - begin == 3605468750ns);
    CHECK(c.world.entered("lb1", "VI_2", State::master) == back);
    CHECK(removal(c.world, "lb2", vip1) == back + World::latency);
    CHECK(removal(c.world, "lb2", vip2) == back + World::latency);
    // Both members of lb2 leave at once, whichever has heard it first.
    CHECK(c.world.entered("lb2", "VI_1", State::backup) == c.world.entered("lb2", "VI_2", State::backup));
    // Rule 2: the member that heard it says one last advert with its own priority.
    CHECK(c.world.adverts("lb2", "VI_1").back().priority() == 50);
    CHECK(became_master(c.world, "lb2", "VI_1") == 0);
}

TEST_CASE("reference cluster: silent loss is taken over within 3 adverts and the skew") {
    const bool pair = GENERATE(false, true);
    Cluster c(pair ? Cluster::Edit{make_pair} : Cluster::Edit{});
    c.settle();
    const Instant last = c.world.now() - 500ms;
    World::kill(c.lb1);
    c.cut("nat");
    c.cut("internal");
    c.world.run_for(5s);
    const Duration took = c.world.entered("lb2", "VI_1", State::master) - last;
    // Half a second is what settle() leaves between the last advert and now, give or take the first one.
    CHECK(took <= 3s + (pair ? 0ms : 805ms) + World::latency);
    CHECK(took >= 2s);
    CHECK(c.world.entered("lb2", "VI_1", State::master) == c.world.entered("lb2", "VI_2", State::master));
}

TEST_CASE("reference cluster: packets are lost both ways, both serve, then one again: rule 3") {
    Cluster c;
    c.settle();
    c.cut("nat");
    c.cut("internal");
    c.world.run_for(10500ms);
    CHECK(c.serves(c.lb1));
    CHECK(c.serves(c.lb2));
    c.world.forget();
    c.heal("nat");
    c.heal("internal");
    const Instant healed = c.world.now();
    c.world.run_for(2s);
    CHECK(c.serves(c.lb1));
    CHECK(state(c.lb2, "VI_1") == State::backup);
    CHECK_FALSE(c.holds(c.lb2));
    CHECK(c.world.entered("lb2", "VI_1", State::backup) - healed <= 1s);
    // The winner re-teaches switches and hosts, if it has heard the other before it gave way.
    if (!c.world.adverts("lb2", "VI_1").empty()) CHECK(c.world.all<SendFrame>("lb1").size() >= 5);
    CHECK(c.world.all<Transition>("lb1").empty());
}

TEST_CASE("rule 9: nobody there: a stop ends after two intervals with the addresses off") {
    Cluster c;
    c.settle();
    World::kill(c.lb2);
    const Instant begin = c.world.now();
    c.world.tell(c.lb1, StopRequested{});
    c.world.run_for(1999ms);
    CHECK(c.holds(c.lb1));
    CHECK(c.serves(c.lb1));
    CHECK_FALSE(c.lb1.stopped);
    const Instant ended = c.world.run_until([&] { return c.lb1.stopped; }, 1s);
    CHECK(ended - begin == 2s);
    CHECK_FALSE(c.lb1.kernel.holds(ip(vip1)));
    CHECK_FALSE(c.lb1.kernel.holds(ip(vip2)));
    CHECK(zeros(c.world, "lb1", "VI_1") == 1);
    CHECK(c.world.adverts("lb1", "VI_1").size() == 1);
}

TEST_CASE("rule 9: a second stop does not wait") {
    Cluster c;
    c.settle();
    World::kill(c.lb2);
    c.world.tell(c.lb1, StopRequested{});
    c.world.run_for(100ms);
    CHECK_FALSE(c.lb1.stopped);
    c.world.tell(c.lb1, StopRequested{true});
    c.world.run_for(0s);
    CHECK(c.lb1.stopped);
    CHECK_FALSE(c.lb1.kernel.holds(ip(vip1)));
    CHECK(zeros(c.world, "lb1", "VI_1") == 1);
}

TEST_CASE("reference cluster: a planned round trip moves each member exactly once each way") {
    Cluster c(GENERATE(Cluster::Edit{}, Cluster::Edit{make_pair}));
    c.settle();
    c.world.tell(c.lb1, StopRequested{});
    c.world.run_for(20s);
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(20s);
    for (const auto* instance : {"VI_1", "VI_2"}) {
        CHECK(became_master(c.world, "lb2", instance) == 1);
        CHECK(became_master(c.world, "lb1", instance) == 1);
        CHECK(zeros(c.world, "lb1", instance) == 1);
    }
    CHECK(c.serves(c.lb1));
}

TEST_CASE("reference cluster: ten quiet minutes: one advert a second and member, nothing from the backup") {
    Cluster c;
    c.settle();
    c.world.run_for(600s);
    CHECK(c.world.adverts("lb1", "VI_1").size() == 600);
    CHECK(c.world.adverts("lb1", "VI_2").size() == 600);
    CHECK(c.world.adverts("lb2", "VI_1").empty());
    CHECK(c.world.all<SendFrame>("lb1").empty());
    CHECK(c.world.all<Log>("lb1").empty());
    CHECK(c.world.all<Log>("lb2").empty());
    CHECK(c.world.all<PublishState>("lb2").empty());
}
