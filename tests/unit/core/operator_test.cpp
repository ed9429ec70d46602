// SPDX-License-Identifier: Apache-2.0
// rules.md 19: handover, release, maintenance.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;
using Kind = OperatorCommand::Kind;
using Outcome = OperatorAnswer::Outcome;

namespace {

void command(Cluster& c, Node& node, Kind kind, const std::string& target = "SG1") {
    c.world.tell(node, OperatorCommand{7, kind, target, "new disk", "uid 0, regentctl, pid 9"});
}

void override_check(Cluster& c, Node& node, bool up, Duration lasts, const std::string& check = "haproxy") {
    c.world.tell(node,
                 OperatorCommand{7, Kind::override_check, check, {}, "uid 0, regentctl, pid 9", up, lasts});
}

void verdict(Cluster& c, Node& node, CheckState state) {
    c.world.tell(node, CheckVerdict{"haproxy", state, "words", false});
}

void track_haproxy(Settings& settings) {
    settings.checks = {make_check("haproxy")};
    settings.instances[0].checks = {{"haproxy", std::nullopt, OnDown::last_resort}};
}

/// lb1 serves, and the check is UP on both.
void settle_tracked(Cluster& c) {
    c.world.start(c.lb1, c.settings1);
    c.world.start(c.lb2, c.settings2);
    verdict(c, c.lb1, CheckState::up);
    verdict(c, c.lb2, CheckState::up);
    c.world.run_until([&] { return c.serves(c.lb1); }, 10s);
    c.world.run_for(10500ms);
    c.world.forget();
}

Memory last_memory(const Cluster& c) {
    Memory memory;
    for (const auto& [at, told] : c.world.all<Remember>("lb1"))
        memory = told.memory;
    return memory;
}

bool has_logged(const Cluster& c, const std::string& text) {
    const auto lines = c.world.all<Log>("lb1");
    return std::any_of(lines.begin(), lines.end(),
                       [&](const auto& line) { return line.second.text.find(text) != std::string::npos; });
}

std::vector<Outcome> answers(const Cluster& c, const std::string& node = "lb1") {
    std::vector<Outcome> all;
    for (const auto& [at, answer] : c.world.all<OperatorAnswer>(node)) {
        CHECK(answer.id == 7);
        CHECK_FALSE(answer.text.empty());
        all.push_back(answer.outcome);
    }
    return all;
}

}  // namespace

TEST_CASE("rule 19: a handover yields, and the node is held until it is released") {
    Cluster c;
    c.settle();
    command(c, c.lb1, Kind::handover);
    c.world.run_for(2s);
    CHECK(c.serves(c.lb2));
    CHECK(answers(c) == std::vector{Outcome::done});
    c.world.run_for(60s);
    CHECK(c.serves(c.lb2));
    command(c, c.lb1, Kind::release);
    c.world.run_for(10s);
    CHECK(c.serves(c.lb1));
}

TEST_CASE("rule 19: a held node takes over from a dead master and from one that leaves") {
    Cluster c;
    c.settle();
    command(c, c.lb1, Kind::handover);
    c.world.run_for(2s);
    if (GENERATE(false, true)) {
        World::kill(c.lb2);
        c.world.run_for(4s);
    } else {
        c.world.tell(c.lb2, StopRequested{});
        c.world.run_for(1s);
    }
    CHECK(c.serves(c.lb1));
}

TEST_CASE("rule 19: a backup does not say that it is held or in maintenance when it is not any more") {
    Cluster c([](Settings& s) {
        for (auto& instance : s.instances)
            instance.preempt = false;
    });
    c.settle();
    command(c, c.lb1, Kind::handover);
    c.world.run_for(2s);
    REQUIRE(status(c.lb1, "VI_1").reason == "handed over: new disk; held until it is released");
    SECTION("released") {
        command(c, c.lb1, Kind::release);
        c.world.run_for(60s);
        CHECK(status(c.lb1, "VI_1").reason == "handed over, and released since");
        CHECK(status(c.lb1, "VI_2").reason == "handed over, and released since");
    }
    SECTION("maintenance") {
        command(c, c.lb1, Kind::maintenance_on);
        c.world.run_for(1s);
        REQUIRE(status(c.lb1, "VI_1").reason == "in maintenance: new disk");
        const bool held = GENERATE(true, false);
        if (!held) command(c, c.lb1, Kind::release);
        c.world.run_for(1s);
        CHECK(status(c.lb1, "VI_1").reason == "in maintenance: new disk");
        command(c, c.lb1, Kind::maintenance_off);
        c.world.run_for(60s);
        CHECK(status(c.lb1, "VI_1").reason ==
              (held ? "maintenance has ended; held until it is released" : "maintenance has ended"));
    }
}

TEST_CASE("rule 19: a release before anybody has taken over counts for the handover under way") {
    Cluster c;
    c.settle();
    command(c, c.lb1, Kind::handover);
    c.world.run_for(100ms);
    command(c, c.lb1, Kind::release);
    c.world.run_for(2s);
    CHECK_FALSE(status(c.lb1, "VI_1").held);
    c.world.run_for(60s);
    CHECK(c.serves(c.lb1));
}

TEST_CASE("rule 19: nobody takes over: the handover fails and all goes on as before") {
    Cluster c;
    c.settle();
    World::kill(c.lb2);
    command(c, c.lb1, Kind::handover);
    c.world.run_for(1999ms);
    CHECK(answers(c).empty());
    CHECK(c.holds(c.lb1));
    c.world.run_for(1ms);
    CHECK(answers(c) == std::vector{Outcome::no_peer});
    CHECK(c.serves(c.lb1));
    CHECK(c.holds(c.lb1));
    CHECK(c.world.adverts("lb1", "VI_1").back().priority() == 101);
    CHECK_FALSE(status(c.lb1, "VI_1").held);
}

TEST_CASE("rule 19: a handover that something overtakes is answered all the same, once") {
    Cluster c;
    c.settle();
    World::kill(c.lb2);
    command(c, c.lb1, Kind::handover);
    c.world.run_for(100ms);
    REQUIRE(answers(c).empty());
    SECTION("its group is removed") {
        auto none = c.settings1;
        none.instances.clear();
        none.groups.clear();
        c.world.reload(c.lb1, none);
    }
    SECTION("the agent stops without waiting") {
        c.world.tell(c.lb1, StopRequested{true});
    }
    SECTION("a fault") {
        c.world.tell(c.lb1, c.lb1.kernel.set_link("enp0s3", false, false));
    }
    SECTION("the agent stops") {
        c.world.tell(c.lb1, StopRequested{});
    }
    SECTION("maintenance") {
        c.world.tell(c.lb1, OperatorCommand{8, Kind::maintenance_on, {}, "new disk", "root"});
        REQUIRE(c.world.all<OperatorAnswer>("lb1").size() == 2);
        c.world.forget();
        c.world.run_for(5s);
        CHECK(c.world.all<OperatorAnswer>("lb1").empty());
        return;
    }
    c.world.run_for(5s);
    CHECK(answers(c) == std::vector{Outcome::busy});
}

TEST_CASE("rule 19: what cannot be handed over is refused with the reason") {
    Cluster c;
    c.settle();
    command(c, c.lb1, Kind::handover, "VI_1");
    command(c, c.lb1, Kind::handover, "nobody");
    command(c, c.lb1, Kind::release, "");
    command(c, c.lb2, Kind::handover);
    command(c, c.lb1, Kind::handover);
    command(c, c.lb1, Kind::handover);
    CHECK(answers(c) ==
          std::vector{Outcome::in_group, Outcome::unknown_target, Outcome::unknown_target, Outcome::busy});
    CHECK(answers(c, "lb2") == std::vector{Outcome::not_master});
}

TEST_CASE("rule 19: in maintenance a node yields and is never MASTER, whatever happens, until it has ended") {
    Cluster c;
    c.settle();
    command(c, c.lb1, Kind::maintenance_on);
    c.world.run_for(2s);
    CHECK(c.serves(c.lb2));
    World::kill(c.lb2);
    c.world.run_for(60s);
    CHECK(state(c.lb1, "VI_1") == State::backup);
    CHECK(status(c.lb1, "VI_1").reason == "in maintenance: new disk");
    c.world.reload(c.lb1, c.settings1);
    c.world.run_for(10s);
    CHECK(state(c.lb1, "VI_1") == State::backup);
    command(c, c.lb1, Kind::maintenance_off);
    c.world.run_for(0s);
    CHECK(c.serves(c.lb1));
}

TEST_CASE("rule 19: maintenance is forced if there is no peer") {
    Cluster c;
    c.settle();
    World::kill(c.lb2);
    command(c, c.lb1, Kind::maintenance_on);
    c.world.run_for(2s);
    CHECK(state(c.lb1, "VI_1") == State::backup);
    CHECK_FALSE(c.holds(c.lb1));
}

TEST_CASE("rule 19: maintenance that ends before anybody has taken over leaves everything where it is") {
    Cluster c;
    c.settle();
    World::kill(c.lb2);
    command(c, c.lb1, Kind::maintenance_on);
    c.world.run_for(500ms);
    command(c, c.lb1, Kind::maintenance_off);
    c.world.run_for(5s);
    CHECK(c.serves(c.lb1));
    CHECK(c.holds(c.lb1));
    CHECK(status(c.lb1, "VI_1").reason == "nobody else serves; maintenance has ended");
}

TEST_CASE("rule 19: maintenance and held survive a crash") {
    Cluster c;
    c.settle();
    const auto kind = GENERATE(Kind::maintenance_on, Kind::handover);
    command(c, c.lb1, kind);
    c.world.run_for(2s);
    const Memory memory = last_memory(c);
    CHECK(memory.maintenance.has_value() == (kind == Kind::maintenance_on));
    CHECK(memory.routers[0].held == (kind == Kind::handover));
    World::kill(c.lb1);
    c.world.start(c.lb1, c.settings1, memory);
    c.world.run_for(60s);
    CHECK(c.serves(c.lb2));
    command(c, c.lb1, kind == Kind::handover ? Kind::release : Kind::maintenance_off);
    c.world.run_for(10s);
    CHECK(c.serves(c.lb1));
}

TEST_CASE("operator: what is asked for is logged with who asked") {
    Cluster c;
    c.settle();
    command(c, c.lb1, Kind::handover);
    CHECK(has_logged(c, "Handover of SG1 (new disk), asked for by uid 0, regentctl, pid 9"));
}

TEST_CASE("operator: a check that is overridden as DOWN moves the role until that ends by itself") {
    Cluster c(track_haproxy);
    settle_tracked(c);
    override_check(c, c.lb1, false, 30s);
    c.world.run_for(2s);
    CHECK(c.serves(c.lb2));
    CHECK(status(c.lb1, "VI_1").last_resort_cause ==
          "check haproxy DOWN: overridden by uid 0, regentctl, pid 9");
    verdict(c, c.lb1, CheckState::up);
    c.world.run_for(27s);
    CHECK(c.serves(c.lb2));
    c.world.run_for(20s);
    CHECK(c.serves(c.lb1));
    CHECK(has_logged(c, "The override of check haproxy has ended"));
    CHECK(answers(c) == std::vector{Outcome::done});
}

TEST_CASE(
    "operator: a check that is overridden as UP holds the role, whatever it says, until it counts again") {
    Cluster c(track_haproxy);
    settle_tracked(c);
    override_check(c, c.lb1, true, 1h);
    verdict(c, c.lb1, CheckState::down);
    c.world.run_for(60s);
    CHECK(c.serves(c.lb1));
    c.world.reload(c.lb1, c.settings1);
    c.world.run_for(5s);
    CHECK(c.serves(c.lb1));
    command(c, c.lb1, Kind::clear_override, "haproxy");
    c.world.run_for(2s);
    CHECK(c.serves(c.lb2));
}

TEST_CASE("operator: an override outlives a crash of the agent, and not its check") {
    Cluster c(track_haproxy);
    settle_tracked(c);
    override_check(c, c.lb1, true, 1h);
    verdict(c, c.lb1, CheckState::down);
    c.world.run_for(2s);
    World::kill(c.lb1);
    const auto memory = last_memory(c);
    REQUIRE(memory.overrides.size() == 1);
    c.world.start(c.lb1, c.settings1, memory);
    c.world.run_for(60s);
    CHECK(c.serves(c.lb1));
    auto without = c.settings1;
    without.checks.clear();
    without.instances[0].checks.clear();
    c.world.reload(c.lb1, without);
    c.world.reload(c.lb1, c.settings1);
    c.world.run_for(0s);
    CHECK(last_memory(c).overrides.empty());
}

TEST_CASE("operator: an override is forgotten with its check, also where no instance changes") {
    Cluster c([](Settings& settings) {
        settings.checks = {make_check("haproxy")};
        settings.groups[0].checks = {{"haproxy", std::nullopt, OnDown::last_resort}};
    });
    settle_tracked(c);
    override_check(c, c.lb1, true, 1h);
    c.world.run_for(1s);
    REQUIRE(last_memory(c).overrides.size() == 1);
    auto without = c.settings1;
    without.checks.clear();
    without.groups[0].checks.clear();
    c.world.reload(c.lb1, without);
    c.world.run_for(1s);
    CHECK(last_memory(c).overrides.empty());
    CHECK(last_memory(c).checks.empty());
}

TEST_CASE("operator: overrides of what does not exist are refused") {
    Cluster c(track_haproxy);
    settle_tracked(c);
    override_check(c, c.lb1, false, 1h, "nginx");
    command(c, c.lb1, Kind::clear_override, "nginx");
    command(c, c.lb1, Kind::clear_override, "haproxy");
    CHECK(answers(c) == std::vector{Outcome::unknown_target, Outcome::unknown_target, Outcome::done});
    c.world.run_for(5s);
    CHECK(c.serves(c.lb1));
}

TEST_CASE("operator: a master announces its addresses again, at most once a second; nobody else does") {
    Cluster c;
    c.settle();
    c.world.run_for(10s);
    c.world.forget();
    command(c, c.lb1, Kind::announce, "VI_1");
    command(c, c.lb1, Kind::announce, "VI_1");
    command(c, c.lb1, Kind::announce, "VI_9");
    command(c, c.lb2, Kind::announce, "VI_1");
    c.world.run_for(500ms);
    CHECK(c.world.all<SendFrame>("lb1").size() == 5);
    c.world.run_for(2s);
    CHECK(c.world.all<SendFrame>("lb1").size() == 10);
    CHECK(c.world.all<SendFrame>("lb2").empty());
    CHECK(answers(c) == std::vector{Outcome::done, Outcome::done, Outcome::unknown_target});
    CHECK(answers(c, "lb2") == std::vector{Outcome::not_master});
}

TEST_CASE(
    "rule 19: what others do passes through the engine, is logged with who asked, and changes nothing") {
    Cluster c;
    c.settle();
    const Kind kind = GENERATE(Kind::run_check, Kind::test_notifier, Kind::restart_plugin, Kind::reload);
    c.world.forget();
    command(c, c.lb1, kind, "haproxy");
    const auto passed_on = c.world.all<PassOn>("lb1");
    REQUIRE(passed_on.size() == 1);
    const auto& what = passed_on.front().second.command;
    CHECK(what.id == 7);
    CHECK(what.kind == kind);
    CHECK(what.target == "haproxy");
    CHECK(what.who == "uid 0, regentctl, pid 9");
    CHECK(has_logged(c, "asked for by uid 0, regentctl, pid 9"));
    CHECK(answers(c).empty());
    CHECK(c.world.all<Transition>("lb1").empty());
}

TEST_CASE("rule 19: an owner that handed over is held like any other, also after a crash") {
    Cluster c;
    for (auto& instance : c.settings1.instances)
        instance.priority = 255;
    c.settle();
    command(c, c.lb1, Kind::handover);
    c.world.run_for(60s);
    CHECK(c.serves(c.lb2));
    SECTION("it takes over from a dead master") {
        World::kill(c.lb2);
        c.world.run_for(4s);
        CHECK(c.serves(c.lb1));
    }
    SECTION("until it is released") {
        command(c, c.lb1, Kind::release);
        c.world.run_for(5s);
        CHECK(c.serves(c.lb1));
    }
    SECTION("after a crash") {
        const auto memory = last_memory(c);
        World::kill(c.lb1);
        c.world.start(c.lb1, c.settings1, memory);
        c.world.run_for(60s);
        CHECK(c.serves(c.lb2));
    }
}

TEST_CASE("rule 19: after a handover the state says why, and no address that is gone") {
    Cluster c;
    c.settle();
    command(c, c.lb1, Kind::handover);
    c.world.run_for(2s);
    REQUIRE(c.serves(c.lb2));
    const auto published = c.world.all<PublishState>("lb1");
    REQUIRE_FALSE(published.empty());
    for (const auto& name : {"VI_1", "VI_2"}) {
        const auto last = std::find_if(published.rbegin(), published.rend(),
                                       [&](const auto& state) { return state.second.status.name == name; });
        REQUIRE(last != published.rend());
        CHECK(last->second.status.state == State::backup);
        CHECK(last->second.status.addresses.empty());
    }
    CHECK(status(c.lb1, "VI_1").reason == "handed over: new disk; held until it is released");
}

TEST_CASE("rule 19: without a reason nothing is left open") {
    Cluster c;
    c.settle();
    c.world.tell(c.lb1, OperatorCommand{7, Kind::maintenance_on, {}, {}, "uid 0, regentctl, pid 9"});
    c.world.run_for(2s);
    CHECK(status(c.lb1, "VI_1").reason == "in maintenance");
    CHECK_FALSE(has_logged(c, "maintenance: "));
}
