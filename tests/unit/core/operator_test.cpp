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
    c.world.tell(node, OperatorCommand{7, kind, target, "new disk"});
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

TEST_CASE("rule 19: maintenance and held survive a crash") {
    Cluster c;
    c.settle();
    const auto kind = GENERATE(Kind::maintenance_on, Kind::handover);
    command(c, c.lb1, kind);
    c.world.run_for(2s);
    Memory memory;
    for (const auto& [at, told] : c.world.all<Remember>("lb1"))
        memory = told.memory;
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
