// SPDX-License-Identifier: Apache-2.0
// Rules 10, 13, 15, 16: from verdicts and links to the effective priority, FAULT and last resort.
#include <catch2/catch.hpp>

#include "agent/core/assessment.hpp"

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

CheckTracker tracker(std::optional<int> weight, OnDown on_down = OnDown::last_resort) {
    return {"haproxy", weight, on_down};
}

Settings tracked(const CheckTracker& how, std::uint8_t priority = 100) {
    auto instance = make_instance("VI_1", "eth0", 51, priority, {"10.0.0.100"});
    instance.checks = {how};
    auto settings = only(instance);
    settings.checks = {make_check("haproxy")};
    return settings;
}

void verdict(World& world, Node& node, CheckState state, const std::string& check = "haproxy") {
    world.tell(node, CheckVerdict{check, state, "words", false});
    world.run_for(0s);
}

/// The reference cluster with haproxy tracked by VI_1 on both nodes, and UP on both.
Cluster::Edit with_haproxy(const CheckTracker& how) {
    return [how](Settings& settings) {
        settings.checks = {make_check("haproxy")};
        settings.instances[0].checks = {how};
    };
}

void start_healthy(Cluster& c) {
    c.world.start(c.lb1, c.settings1);
    c.world.start(c.lb2, c.settings2);
    verdict(c.world, c.lb1, CheckState::up);
    verdict(c.world, c.lb2, CheckState::up);
    c.world.run_until([&] { return c.serves(c.lb1); }, 10s);
    c.world.run_for(10500ms);
    c.world.forget();
}

std::size_t all_moves(const World& world) {
    return became_master(world, "lb1", "VI_1") + became_master(world, "lb2", "VI_1");
}

}  // namespace

TEST_CASE("rule 16: base + weights, clamped to 1-254; an owner stays 255") {
    CHECK(effective_priority(100, -40) == 60);
    CHECK(effective_priority(100, -99) == 1);
    CHECK(effective_priority(100, -100) == 1);
    CHECK(effective_priority(100, -253) == 1);
    CHECK(effective_priority(100, 154) == 254);
    CHECK(effective_priority(100, 253) == 254);
    CHECK(effective_priority(1, -1) == 1);
    CHECK(effective_priority(254, 1) == 254);
    CHECK(effective_priority(255, -253) == 255);
    CHECK(effective_priority(255, 253) == 255);
}

TEST_CASE("rule 16: a weighted check that is DOWN changes what is advertised, not the state") {
    Solo solo(tracked(tracker(-30)), true);
    verdict(solo.world, solo.node, CheckState::up);
    solo.make_master();
    solo.world.run_for(500ms);
    verdict(solo.world, solo.node, CheckState::down);
    CHECK(solo.state() == State::master);
    CHECK(solo.status().effective_priority == 70);
    CHECK(solo.status().priority == 100);
    CHECK_FALSE(solo.status().last_resort);
    solo.world.run_for(1s);
    CHECK(solo.adverts().back().priority() == 70);
    verdict(solo.world, solo.node, CheckState::up);
    CHECK(solo.status().effective_priority == 100);
}

TEST_CASE("how a priority came about is told, and when it does not hold any more") {
    Solo solo(tracked(tracker(-30)), true);
    const auto told = [&] { return solo.world.all<PublishState>("lb1").back().second.status; };
    verdict(solo.world, solo.node, CheckState::up);
    solo.make_master();
    CHECK(told().weights.empty());
    verdict(solo.world, solo.node, CheckState::down);
    CHECK(told().effective_priority == 70);
    CHECK(told().weights == "check haproxy DOWN: words (-30)");
    verdict(solo.world, solo.node, CheckState::up);
    CHECK(told().weights.empty());
}

TEST_CASE("rule 16: a weight of one member counts for all, and in the cluster the group moves as one") {
    Cluster c(with_haproxy(tracker(-60)));
    start_healthy(c);
    verdict(c.world, c.lb1, CheckState::down);
    c.world.run_for(10s);
    CHECK(c.serves(c.lb2));
    CHECK(status(c.lb1, "VI_2").effective_priority == 41);
    CHECK(became_master(c.world, "lb2", "VI_1") == 1);
    CHECK(c.world.entered("lb2", "VI_1", State::master) == c.world.entered("lb2", "VI_2", State::master));
}

TEST_CASE("rule 16: in a group each tracker counts once, whoever has it") {
    Settings settings = Cluster::settings(200);
    settings.checks = {make_check("a"), make_check("b")};
    settings.instances[0].checks = {{"a", -10, OnDown::last_resort}};
    settings.instances[1].checks = {{"a", -10, OnDown::last_resort}, {"b", -20, OnDown::last_resort}};
    settings.groups[0].checks = {{"a", -10, OnDown::last_resort}};
    settings.instances[0].interfaces = {{"enp0s9", -3}};
    settings.instances[1].interfaces = {{"enp0s9", -3}};
    Cluster c;
    c.world.start(c.lb1, settings);
    verdict(c.world, c.lb1, CheckState::down, "a");
    verdict(c.world, c.lb1, CheckState::down, "b");
    CHECK(status(c.lb1, "VI_1").effective_priority == 167);
    CHECK(status(c.lb1, "VI_2").effective_priority == 167);
}

TEST_CASE(
    "rule 16: FAULT and last resort of one are of all, even where another member tracks with a weight") {
    Settings settings = Cluster::settings(200);
    settings.checks = {make_check("haproxy")};
    settings.instances[0].checks = {tracker(-10)};
    SECTION("last resort") {
        settings.instances[1].checks = {tracker(std::nullopt)};
        Cluster c;
        c.world.start(c.lb1, settings);
        verdict(c.world, c.lb1, CheckState::down);
        CHECK(status(c.lb1, "VI_1").last_resort);
        CHECK(status(c.lb1, "VI_2").effective_priority == 1);
    }
    SECTION("fault by a check") {
        settings.instances[1].checks = {tracker(std::nullopt, OnDown::fault)};
        Cluster c;
        c.world.start(c.lb1, settings);
        verdict(c.world, c.lb1, CheckState::down);
        CHECK(state(c.lb1, "VI_1") == State::fault);
        CHECK(state(c.lb1, "VI_2") == State::fault);
    }
    SECTION("fault by an interface") {
        settings.checks.clear();
        settings.instances[0].checks.clear();
        settings.instances[0].interfaces = {{"enp0s9", -5}};
        settings.instances[1].interfaces = {{"enp0s9", std::nullopt}};
        Cluster c;
        c.world.start(c.lb1, settings);
        c.world.run_for(0s);
        CHECK(state(c.lb1, "VI_1") == State::fault);
    }
}

TEST_CASE("rule 10: on_down = fault: FAULT, with priority 0 and the addresses off at once") {
    Solo solo(tracked(tracker(std::nullopt, OnDown::fault)), true);
    verdict(solo.world, solo.node, CheckState::up);
    solo.make_master();
    solo.world.run_for(500ms);
    verdict(solo.world, solo.node, CheckState::down);
    CHECK(solo.state() == State::fault);
    CHECK(solo.status().reason == "check haproxy DOWN: words");
    CHECK(solo.adverts().back().priority() == 0);
    CHECK_FALSE(solo.holds());
    SECTION("rule 15: afterwards it does not preempt for the recover delay") {
        verdict(solo.world, solo.node, CheckState::up);
        CHECK(solo.state() == State::backup);
        const Instant begin = solo.world.now();
        while (solo.state() == State::backup && solo.world.now() < begin + 60s) {
            solo.hear(50);
            solo.world.run_for(1s);
        }
        // The last advert that was obeyed came at 9 s.
        CHECK(solo.world.entered("lb1", "VI_1", State::master) - begin == 12609375us);
    }
    SECTION("rule 15: but it takes over at once from who dies, leaves or is a last resort") {
        verdict(solo.world, solo.node, CheckState::up);
        solo.hear(50);
        SECTION("dies") {
            CHECK(solo.time_to(State::master) == 3609375us);
        }
        SECTION("leaves") {
            solo.hear(0);
            CHECK(solo.time_to(State::master) == 609375us);
        }
        SECTION("is a last resort") {
            solo.hear(1);
            CHECK(solo.time_to(State::master) == 609375us);
        }
    }
}

TEST_CASE("rule 13: at a cold start a node stays BACKUP until all have reported or the grace ends") {
    SECTION("reported") {
        Solo solo(tracked(tracker(std::nullopt)), true);
        solo.world.run_for(4s);
        CHECK(solo.state() == State::backup);
        CHECK(solo.status().reason == "waiting for the first verdict of its checks");
        CHECK(solo.status().effective_priority == 100);
        verdict(solo.world, solo.node, CheckState::up);
        CHECK(solo.state() == State::master);
    }
    SECTION("grace over: it serves as a last resort, since nobody else does") {
        Solo solo(tracked(tracker(std::nullopt)), true);
        CHECK(solo.time_to(State::master) == 5s);
        CHECK(solo.status().effective_priority == 1);
        CHECK(solo.status().reason.find("check haproxy could not be judged") != std::string::npos);
        CHECK(solo.status().last_resort);
    }
    SECTION("grace over: it does not take the role from who became MASTER while it waited") {
        Solo solo(tracked(tracker(std::nullopt)), true);
        solo.world.run_for(4s);  // its Master_Down_Timer has expired
        solo.hear(50);
        solo.world.run_for(900ms);
        solo.hear(50);
        solo.world.run_for(200ms);
        CHECK(solo.status().effective_priority == 1);
        CHECK(solo.state() == State::backup);
        CHECK(solo.status().last_resort_cause.find("check haproxy could not be judged") != std::string::npos);
        SECTION("and serves when that one dies") {
            CHECK(solo.time_to(State::master) > 2s);
        }
    }
    SECTION("a weighted check without any verdict too") {
        Solo solo(tracked(tracker(-10)), true);
        CHECK(solo.time_to(State::master) == 5s);
        CHECK(solo.status().effective_priority == 1);
    }
    SECTION("while another serves the reason is not that it waits") {
        Solo solo(tracked(tracker(std::nullopt)), true);
        solo.world.run_for(4s);
        solo.hear(200);
        CHECK(solo.status().reason != "waiting for the first verdict of its checks");
    }
}

TEST_CASE("A node that falls below the master it has heard does not take over from it") {
    // A losing advert does not put off the master-down timer, which has long expired when the grace ends.
    Solo solo(tracked(tracker(std::nullopt)), true);
    solo.world.run_for(4500ms);
    solo.hear(50);
    SECTION("while it advertises") {
        solo.world.run_for(1s);
        CHECK(solo.state() == State::backup);
        CHECK(solo.status().effective_priority == 1);
        solo.hear(50);
        solo.world.run_for(1s);
        CHECK(solo.state() == State::backup);
    }
    SECTION("but when it is silent for the master-down interval, from its last advert on") {
        // 3 s and a skew of 255/256 of a second; half a second had passed when the priority fell.
        CHECK(solo.time_to(State::master) == 3s + 996093750ns);
    }
}

TEST_CASE("rule 13: a check that is added later is PENDING and changes nothing") {
    auto settings = tracked(tracker(std::nullopt));
    auto before = settings;
    before.instances[0].checks.clear();
    before.checks.clear();
    SECTION("a MASTER serves on") {
        Solo solo(before, true);
        solo.make_master();
        solo.world.reload(solo.node, settings);
        solo.world.run_for(4999ms);
        CHECK(solo.state() == State::master);
        CHECK(solo.adverts().back().priority() == 100);
        CHECK(solo.counters().priority_zero_sent == 0);
    }
    SECTION("a BACKUP takes over from who dies") {
        Solo solo(before, true);
        solo.hear(200);
        solo.world.run_for(1s);
        solo.world.reload(solo.node, settings);
        CHECK(solo.time_to(State::master) == 2609375us);
    }
}

TEST_CASE(
    "rule 10: HAProxy dead on one node: one move, make before break, and back after the recover delay") {
    Cluster c(with_haproxy(tracker(std::nullopt)));
    start_healthy(c);
    verdict(c.world, c.lb1, CheckState::down);
    c.world.run_for(20s);
    CHECK(c.serves(c.lb2));
    CHECK(all_moves(c.world) == 1);
    verdict(c.world, c.lb1, CheckState::up);
    c.world.run_for(10s);
    CHECK(c.serves(c.lb2));
    c.world.run_for(10s);
    CHECK(c.serves(c.lb1));
    CHECK(all_moves(c.world) == 2);
}

TEST_CASE("rule 14: a verdict that only stands because of UNKNOWN is told as stale") {
    World world;
    auto& node = world.add_node("lb1");
    world.plug(node, "eth0", "A", "10.0.0.1");
    world.start(node, tracked(tracker(std::nullopt)));
    const auto cause = [&] { return status(node, "VI_1").last_resort_cause; };
    verdict(world, node, CheckState::down);
    CHECK(cause() == "check haproxy DOWN: words");
    verdict(world, node, CheckState::unknown);
    CHECK(cause() == "check haproxy DOWN, stale: words");
    verdict(world, node, CheckState::down);
    CHECK(cause() == "check haproxy DOWN: words");
}

TEST_CASE("rule 10: HAProxy dead on both: the addresses live on somewhere, without any ping-pong") {
    Cluster c(with_haproxy(tracker(std::nullopt)));
    start_healthy(c);
    SECTION("the backup first") {
        verdict(c.world, c.lb2, CheckState::down);
        c.world.run_for(1s);
        verdict(c.world, c.lb1, CheckState::down);
        c.world.run_for(600s);
        CHECK(c.serves(c.lb1));
        CHECK(all_moves(c.world) == 0);
    }
    SECTION("the master first") {
        verdict(c.world, c.lb1, CheckState::down);
        c.world.run_for(5s);
        verdict(c.world, c.lb2, CheckState::down);
        c.world.run_for(600s);
        CHECK(c.serves(c.lb2));
        CHECK(all_moves(c.world) == 1);
    }
    SECTION("both at once") {
        verdict(c.world, c.lb1, CheckState::down);
        verdict(c.world, c.lb2, CheckState::down);
        c.world.run_for(600s);
        CHECK(c.serves(c.lb1) != c.serves(c.lb2));
        CHECK(all_moves(c.world) <= 1);
    }
    CHECK((c.holds(c.lb1) || c.holds(c.lb2)));
    // The first that recovers takes over at once from the last resort.
    Node& well = c.serves(c.lb1) ? c.lb2 : c.lb1;
    const auto before = all_moves(c.world);
    verdict(c.world, well, CheckState::up);
    c.world.run_for(3s);
    CHECK(c.serves(well));
    CHECK(all_moves(c.world) == before + 1);
}

TEST_CASE("rule 12: preempt = false does not protect a last resort") {
    Cluster c([](Settings& s) {
        with_haproxy(tracker(std::nullopt))(s);
        for (auto& instance : s.instances)
            instance.preempt = false;
    });
    start_healthy(c);
    World::kill(c.lb2);
    verdict(c.world, c.lb1, CheckState::down);
    c.world.run_for(10s);
    REQUIRE(c.serves(c.lb1));
    c.world.start(c.lb2, c.settings2);
    verdict(c.world, c.lb2, CheckState::up);
    c.world.run_for(3s);
    CHECK(c.serves(c.lb2));
}

TEST_CASE("rule 15: HAProxy crashing every 200 ms for 30 s: one move") {
    const bool pair = GENERATE(false, true);
    Cluster c([pair](Settings& s) {
        with_haproxy(tracker(std::nullopt))(s);
        for (auto& instance : s.instances)
            instance.pair = pair;
    });
    start_healthy(c);
    for (int i = 0; i < 150; ++i) {
        verdict(c.world, c.lb1, i % 2 == 0 ? CheckState::down : CheckState::up);
        c.world.run_for(200ms);
        CHECK((c.holds(c.lb1) || c.holds(c.lb2)));
    }
    CHECK(all_moves(c.world) == 1);
    CHECK(c.serves(c.lb2));
    SECTION("it comes back once, after at most 300 s of quiet") {
        verdict(c.world, c.lb1, CheckState::up);
        c.world.run_for(310s);
        CHECK(c.serves(c.lb1));
        CHECK(all_moves(c.world) == 2);
    }
    SECTION("meanwhile it is still there when the other dies") {
        World::kill(c.lb2);
        c.world.run_for(4s);
        CHECK(c.serves(c.lb1));
    }
}

TEST_CASE(
    "rule 15: the recover delay doubles to 300 s when the cause returns within it, and starts anew else") {
    Solo solo(tracked(tracker(std::nullopt)), true);
    verdict(solo.world, solo.node, CheckState::up);
    const auto follow = [&](Duration duration) {
        const Instant end = solo.world.now() + duration;
        while (solo.state() == State::backup && solo.world.now() < end) {
            solo.hear(50);
            solo.world.run_for(1s);
        }
    };
    /// How long after recovery it preempts, in whole seconds of the delay.
    const auto delay = [&] {
        const Instant begin = solo.world.now();
        follow(400s);
        REQUIRE(solo.state() == State::master);
        return std::chrono::floor<std::chrono::seconds>(solo.world.entered("lb1", "VI_1", State::master) -
                                                        begin) -
               2s;
    };
    const auto flap = [&] {
        verdict(solo.world, solo.node, CheckState::down);
        solo.hear(50);
        verdict(solo.world, solo.node, CheckState::up);
    };
    flap();
    SECTION("once") {
        CHECK(delay() == 10s);
    }
    SECTION("twice") {
        follow(5s);
        flap();
        CHECK(delay() == 20s);
    }
    SECTION("many times") {
        for (int i = 0; i < 8; ++i) {
            follow(5s);
            flap();
        }
        CHECK(delay() == 300s);
    }
    SECTION("again later") {
        CHECK(delay() == 10s);
        flap();
        follow(1s);
        CHECK(delay() == 9s);
    }
}

TEST_CASE("rule 15: an owner that has recovered does not preempt before its recover_delay either") {
    const auto on_down = GENERATE(OnDown::last_resort, OnDown::fault);
    Cluster c([&](Settings& s) {
        s.checks = {make_check("haproxy")};
        s.instances[0].checks = {{"haproxy", std::nullopt, on_down}};
    });
    for (auto& instance : c.settings1.instances)
        instance.priority = 255;
    c.world.start(c.lb1, c.settings1);
    c.world.start(c.lb2, c.settings2);
    const auto say = [&](Node& node, CheckState state) {
        c.world.tell(node, CheckVerdict{"haproxy", state, {}, false});
    };
    say(c.lb1, CheckState::up);
    say(c.lb2, CheckState::up);
    c.world.run_for(10500ms);
    REQUIRE(c.serves(c.lb1));
    say(c.lb1, CheckState::down);
    c.world.run_for(5s);
    REQUIRE(c.serves(c.lb2));
    say(c.lb1, CheckState::up);
    c.world.run_for(9500ms);
    CHECK(c.serves(c.lb2));
    c.world.run_for(6s);
    CHECK(c.serves(c.lb1));
}

TEST_CASE("rule 15: a recover_delay above 300 s is not made shorter when the cause returns") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"});
    instance.checks = {{"haproxy", std::nullopt, OnDown::fault}};
    instance.recover_delay = 10min;
    auto settings = only(instance);
    settings.checks = {make_check("haproxy")};
    Solo solo(settings, true);
    const auto say = [&](CheckState state) {
        solo.world.tell(solo.node, CheckVerdict{"haproxy", state, {}, false});
        solo.world.run_for(0s);
    };
    for (const auto state : {CheckState::down, CheckState::up, CheckState::down, CheckState::up})
        say(state);
    for (int second = 0; second < 590; ++second) {
        solo.hear(50);
        solo.world.run_for(1s);
    }
    CHECK(solo.state() == State::backup);
}
