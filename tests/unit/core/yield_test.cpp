// SPDX-License-Identifier: Apache-2.0
// Rule 9: leaving while alive. Priority 0 once, the addresses stay until another master is heard.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

Settings with_check(std::uint8_t priority = 100) {
    auto instance = make_instance("VI_1", "eth0", 51, priority, {"10.0.0.100"});
    instance.checks = {{"haproxy", std::nullopt, OnDown::last_resort}};
    auto settings = only(instance);
    settings.checks = {make_check("haproxy")};
    return settings;
}

void verdict(Solo& solo, CheckState state) {
    solo.world.tell(solo.node, CheckVerdict{"haproxy", state, "process 812 exited", false});
    solo.world.run_for(0s);
}

/// A MASTER whose check is UP, half-way between two adverts.
void serve(Solo& solo) {
    verdict(solo, CheckState::up);
    solo.make_master();
    solo.world.run_for(10500ms);
    solo.world.forget();
}

}  // namespace

TEST_CASE("rule 9: any advert of another master relieves, the losing one too") {
    Solo solo;
    solo.make_master();
    solo.world.run_for(500ms);
    solo.world.forget();
    solo.world.tell(solo.node, StopRequested{});
    solo.world.run_for(300ms);
    CHECK(solo.holds());
    CHECK(solo.state() == State::master);
    CHECK(solo.status().reason == "the agent is stopping");
    const auto priority = GENERATE(as<std::uint8_t>{}, 1, 50, 200);
    solo.hear(priority);
    CHECK_FALSE(solo.holds());
    CHECK(solo.node.stopped);
    CHECK(solo.adverts().size() == 1);  // the priority 0
}

TEST_CASE("rule 9: an address that is put back during a yield is not announced: others may have it by now") {
    Solo solo;
    solo.make_master();
    solo.world.run_for(10500ms);
    solo.world.tell(solo.node, StopRequested{});
    solo.world.run_for(100ms);
    solo.world.forget();
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.100")));
    solo.world.run_for(100ms);
    CHECK(solo.world.all<AddAddress>("lb1").size() == 1);
    CHECK(solo.holds());
    CHECK(solo.world.all<SendFrame>("lb1").empty());
}

TEST_CASE("rule 9: priority 0 of another router is not the next master") {
    Solo solo;
    solo.make_master();
    solo.world.tell(solo.node, StopRequested{});
    solo.hear(0);
    CHECK(solo.holds());
    CHECK_FALSE(solo.node.stopped);
}

TEST_CASE("rule 9: an owner that stops listens to its successor") {
    Solo solo([](Instance& i) { i.priority = 255; });
    solo.world.run_for(500ms);
    solo.world.tell(solo.node, StopRequested{});
    solo.world.run_for(100ms);
    CHECK(solo.holds());
    solo.hear(50);
    CHECK_FALSE(solo.holds());
    CHECK(solo.node.stopped);
}

TEST_CASE("rules 9, 10: DOWN without weight: yield, then BACKUP with priority 1") {
    Solo solo(with_check(), true);
    serve(solo);
    verdict(solo, CheckState::down);
    CHECK(solo.state() == State::master);
    CHECK(solo.status().last_resort);
    CHECK(solo.status().effective_priority == 1);
    CHECK(solo.status().reason == "check haproxy DOWN: process 812 exited");
    CHECK(solo.holds());
    REQUIRE(solo.adverts().size() == 1);
    CHECK(solo.adverts()[0].priority() == 0);
    solo.world.run_for(800ms);
    solo.hear(50);
    CHECK(solo.state() == State::backup);
    CHECK_FALSE(solo.holds());
    CHECK(solo.adverts().size() == 1);
}

TEST_CASE("rules 9, 10: a last resort that nobody relieves goes on as MASTER with priority 1") {
    Solo solo(with_check(), true);
    serve(solo);
    verdict(solo, CheckState::down);
    solo.world.run_for(1999ms);
    CHECK(solo.adverts().size() == 1);
    solo.world.run_for(1ms);
    REQUIRE(solo.adverts().size() == 2);
    CHECK(solo.adverts()[1].priority() == 1);
    CHECK(solo.holds());
    CHECK(solo.world.all<RemoveAddress>("lb1").empty());
    CHECK(solo.world.all<Transition>("lb1").empty());
    CHECK(solo.status().reason.find("nobody else serves") != std::string::npos);
    SECTION("and does not yield again for the same cause") {
        solo.world.run_for(60s);
        CHECK(solo.counters().priority_zero_sent == 1);
        CHECK(solo.adverts().back().priority() == 1);
    }
    SECTION("and is MASTER with its own priority when the check is UP again") {
        verdict(solo, CheckState::up);
        solo.world.run_for(1s);
        CHECK(solo.adverts().back().priority() == 100);
        CHECK_FALSE(solo.status().last_resort);
    }
    SECTION("and gives way to a healthy node that appears") {
        solo.hear(50);
        CHECK(solo.state() == State::backup);
        CHECK_FALSE(solo.holds());
    }
}

TEST_CASE("rule 9: a stop during a last resort's yield ends with it") {
    Solo solo(with_check(), true);
    serve(solo);
    verdict(solo, CheckState::down);
    solo.world.run_for(500ms);
    solo.world.tell(solo.node, StopRequested{});
    solo.world.run_for(2s);
    CHECK(solo.node.stopped);
    CHECK_FALSE(solo.holds());
    CHECK(solo.counters().priority_zero_sent == 1);
}

TEST_CASE("rules 9, 18: a stop ends although the interface fails while it waits") {
    Solo solo;
    solo.make_master();
    solo.world.tell(solo.node, StopRequested{});
    solo.world.run_for(100ms);
    solo.world.tell(solo.node, solo.node.kernel.set_link("eth0", false, false));
    solo.world.run_for(3s);
    CHECK(solo.node.stopped);
    CHECK_FALSE(solo.holds());
}

TEST_CASE("rule 18: a stop in FAULT, in INIT and in start-up delay ends at once and silently") {
    Solo solo([](Instance& i) {
        i.startup_delay = GENERATE(0s, 30s);
        i.interface = GENERATE("eth0", "eth7");
    });
    solo.world.tell(solo.node, StopRequested{});
    solo.world.run_for(0s);
    CHECK(solo.node.stopped);
    CHECK(solo.adverts().empty());
    CHECK(solo.state() == State::init);
}

TEST_CASE("rule 18: nothing starts again after a stop") {
    Solo solo;
    solo.make_master();
    solo.world.tell(solo.node, StopRequested{true});
    solo.world.run_for(0s);
    solo.world.forget();
    solo.world.reload(solo.node, solo.settings);
    solo.world.tell(solo.node, solo.node.kernel.set_link("eth0", false, false));
    solo.world.tell(solo.node, solo.node.kernel.set_link("eth0", true, true));
    solo.world.run_for(60s);
    CHECK(solo.state() == State::init);
    CHECK(solo.adverts().empty());
    CHECK(solo.world.all<Stopped>("lb1").empty());
}

TEST_CASE("rule 18: a stop waits for the kernel's answer to an address under way") {
    Solo solo;
    solo.make_master();
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.100")));
    // The repair is asked for, and its answer is still in the socket.
    const auto actions = solo.node.engine->step(TimerFired{}, solo.world.now());
    const auto asked = std::find_if(actions.begin(), actions.end(),
                                    [](const Action& a) { return std::holds_alternative<AddAddress>(a); });
    REQUIRE(asked != actions.end());
    auto answer = solo.node.kernel.perform(std::get<AddAddress>(*asked));
    solo.world.tell(solo.node, StopRequested{true});
    solo.world.run_for(0s);
    CHECK_FALSE(solo.node.stopped);
    solo.world.tell(solo.node, std::move(answer));
    solo.world.run_for(0s);
    CHECK(solo.node.stopped);
    CHECK_FALSE(solo.holds());
}

TEST_CASE("rule 18: a stop ends although the kernel refuses to remove an address, and says so") {
    Solo solo;
    solo.make_master();
    solo.node.kernel.refuses_to_remove.insert(ip("10.0.0.100"));
    solo.world.tell(solo.node, StopRequested{true});
    solo.world.run_for(0s);
    CHECK(solo.node.stopped);
    CHECK(solo.world.logged("lb1", LogLevel::error, "the kernel refused to remove 10.0.0.100/32 on eth0") ==
          1);
}

TEST_CASE("rule 9: who yields announces nothing, and announces anew when it goes on") {
    Cluster c([](Settings& s) { s.instances[0].gratuitous.refresh = 1s; });
    c.settle();
    World::kill(c.lb2);
    c.world.tell(c.lb1, OperatorCommand{1, OperatorCommand::Kind::handover, "SG1", {}, {}});
    c.world.run_for(0s);
    c.world.forget();
    c.world.run_for(1900ms);
    CHECK(c.world.all<SendFrame>("lb1").empty());
    c.world.run_for(200ms);
    CHECK(c.serves(c.lb1));
    CHECK(c.world.all<SendFrame>("lb1").size() >= 2);
    c.world.forget();
    c.world.run_for(10s);
    CHECK(c.world.all<SendFrame>("lb1").size() >= 10);
}
