// SPDX-License-Identifier: Apache-2.0
// A reload moves instances between groups while something is under way: what was decided for them goes with
// them (rules.md 9, 11, 13, 15, 19).
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;
using Kind = OperatorCommand::Kind;
using Outcome = OperatorAnswer::Outcome;

namespace {

void command(Cluster& c, Kind kind, const std::string& target = "SG1") {
    c.world.tell(c.lb1, OperatorCommand{7, kind, target, "new disk", "uid 0, regentctl, pid 9"});
}

void reload(Cluster& c, const Settings& settings) {
    c.world.reload(c.lb1, settings);
    c.world.run_for(0s);
}

Settings dissolved(Settings settings) {
    settings.groups.clear();
    return settings;
}

Settings with_third(Settings settings) {
    const auto priority = settings.instances.front().priority;
    settings.instances.push_back(make_instance("VI_3", "enp0s3", 53, priority, {"10.0.2.211"}));
    settings.groups[0].members.push_back("VI_3");
    return settings;
}

}  // namespace

TEST_CASE("rule 19: members of a held group that a reload takes out of it are held too") {
    Cluster c;
    c.settle();
    command(c, Kind::handover);
    c.world.run_for(2s);
    REQUIRE(c.serves(c.lb2));
    reload(c, dissolved(c.settings1));
    c.world.run_for(60s);
    CHECK(c.serves(c.lb2));
    CHECK(status(c.lb1, "VI_1").held);
    CHECK(status(c.lb1, "VI_2").held);
    command(c, Kind::release, "VI_1");
    command(c, Kind::release, "VI_2");
    c.world.run_for(10s);
    CHECK(c.serves(c.lb1));
}

TEST_CASE("rule 19: a held instance that a reload puts behind one that is not stays held") {
    Cluster c([](Settings& s) { s.groups.clear(); });
    c.settle();
    command(c, Kind::handover, "VI_2");
    c.world.run_for(2s);
    REQUIRE(is_master(c.lb2, "VI_2"));
    auto grouped = c.settings1;
    grouped.groups = {{"SG1", {"VI_1", "VI_2"}, {}}};
    reload(c, grouped);
    c.world.run_for(60s);
    CHECK(is_master(c.lb2, "VI_2"));
    CHECK(status(c.lb1, "VI_2").held);
}

TEST_CASE("rule 19: held survives a restart with a configuration that has one more member") {
    Cluster c;
    c.settle();
    command(c, Kind::handover);
    c.world.run_for(2s);
    Memory memory;
    for (const auto& [at, told] : c.world.all<Remember>("lb1"))
        memory = told.memory;
    World::kill(c.lb1);
    c.world.start(c.lb1, with_third(c.settings1), memory);
    c.world.run_for(60s);
    CHECK(c.serves(c.lb2));
    CHECK(status(c.lb1, "VI_1").held);
}

TEST_CASE("rule 19: maintenance holds for members that a reload takes out of the group in its yield") {
    Cluster c;
    c.settle();
    World::kill(c.lb2);
    command(c, Kind::maintenance_on);
    c.world.run_for(100ms);
    reload(c, dissolved(c.settings1));
    c.world.run_for(5s);
    CHECK(state(c.lb1, "VI_1") == State::backup);
    CHECK(state(c.lb1, "VI_2") == State::backup);
    CHECK_FALSE(c.lb1.kernel.holds(ip(vip2)));
}

TEST_CASE("rule 19: maintenance holds for an instance that joins a group of a backup in its yield") {
    Cluster c([](Settings& s) { s.groups.clear(); });
    c.settings1.instances[0].priority = 40;
    c.world.start(c.lb1, c.settings1);
    c.world.start(c.lb2, c.settings2);
    c.world.run_for(10500ms);
    REQUIRE(state(c.lb1, "VI_1") == State::backup);
    REQUIRE(is_master(c.lb1, "VI_2"));
    c.cut("internal");
    command(c, Kind::maintenance_on);
    c.world.run_for(100ms);
    auto grouped = c.settings1;
    grouped.groups = {{"SG1", {"VI_1", "VI_2"}, {}}};
    c.world.forget();
    reload(c, grouped);
    c.world.run_for(5s);
    CHECK(state(c.lb1, "VI_1") == State::backup);
    CHECK(state(c.lb1, "VI_2") == State::backup);
    CHECK_FALSE(c.lb1.kernel.holds(ip(vip2)));
    CHECK(c.world.adverts("lb1", "VI_2").empty());
}

TEST_CASE("rule 9: a group yields as one with a master that a reload puts into it meanwhile") {
    const auto joined = with_third(Cluster::settings(101));
    Cluster c([](Settings& s) {
        s = with_third(s);
        s.groups[0].members.pop_back();
    });
    c.settle();
    REQUIRE(is_master(c.lb1, "VI_3"));
    World::kill(c.lb2);
    command(c, Kind::handover);
    c.world.run_for(100ms);
    reload(c, joined);
    c.world.start(c.lb2, with_third(Cluster::settings(50)));
    c.world.run_for(200ms);
    REQUIRE_FALSE(c.world.adverts("lb1", "VI_3").empty());
    CHECK(c.world.adverts("lb1", "VI_3").back().priority() == 0);
    c.world.run_for(20s);
    const bool first = is_master(c.lb1, "VI_1");
    CHECK(is_master(c.lb1, "VI_2") == first);
    CHECK(is_master(c.lb1, "VI_3") == first);
}

TEST_CASE("rule 9: a member that was relieved and is taken out of the group does not take its role back") {
    Cluster c;
    c.settle();
    c.world.cut("internal", c.lb2, c.lb1);
    command(c, Kind::handover);
    c.world.run_until([&] { return !c.lb1.kernel.holds(ip(vip1)); }, 2s);
    REQUIRE(c.lb1.kernel.holds(ip(vip2)));
    auto swapped = dissolved(c.settings1);
    std::swap(swapped.instances[0], swapped.instances[1]);
    c.world.forget();
    reload(c, swapped);
    c.world.run_for(500ms);
    for (const auto& advert : c.world.adverts("lb1", "VI_1"))
        CHECK(advert.priority() == 0);
}

TEST_CASE("rule 13: a cold start stays one for members that a reload takes out of the group") {
    const auto track = [](Settings& s) {
        s.checks = {make_check("haproxy")};
        s.checks[0].timeout = 30s;
        for (auto& instance : s.instances)
            instance.checks = {{"haproxy", std::nullopt, OnDown::last_resort}};
    };
    Cluster c(track);
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(1s);
    reload(c, dissolved(c.settings1));
    c.world.run_for(10s);
    CHECK(state(c.lb1, "VI_1") == State::backup);
    CHECK(state(c.lb1, "VI_2") == State::backup);
}

TEST_CASE("rule 15: a recover delay goes with members that a reload takes out of the group") {
    const auto track = [](Settings& s) {
        s.checks = {make_check("haproxy")};
        for (auto& instance : s.instances)
            instance.checks = {{"haproxy", std::nullopt, OnDown::last_resort}};
    };
    Cluster c(track);
    c.recover();
    REQUIRE(c.serves(c.lb2));
    reload(c, dissolved(c.settings1));
    c.world.run_for(8s);
    CHECK(c.serves(c.lb2));
    c.world.run_for(8s);
    CHECK(c.serves(c.lb1));
}

TEST_CASE("start-up delay: it does not begin again for members that a reload takes out of the group") {
    Cluster c([](Settings& s) {
        for (auto& instance : s.instances)
            instance.startup_delay = 10s;
    });
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(9s);
    reload(c, dissolved(c.settings1));
    c.world.run_for(1s);
    CHECK(state(c.lb1, "VI_1") == State::backup);
    CHECK(state(c.lb1, "VI_2") == State::backup);
}

TEST_CASE("rule 11: what is served degraded goes on when a reload dissolves the group") {
    Cluster c;
    const auto* refused = GENERATE(vip1, vip2);
    c.lb1.kernel.refuses_to_add.insert(ip(refused));
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(20s);
    REQUIRE(status(c.lb1, "VI_1").degraded);
    c.world.forget();
    reload(c, dissolved(c.settings1));
    c.world.run_for(70s);
    CHECK(c.serves(c.lb1));
    CHECK(c.world.all<Transition>("lb1").empty());
    CHECK(status(c.lb1, refused == vip1 ? "VI_1" : "VI_2").degraded);
    CHECK_FALSE(status(c.lb1, refused == vip1 ? "VI_2" : "VI_1").degraded);
}

TEST_CASE("rule 11: what is served degraded goes on when a reload groups it with another") {
    Cluster c([](Settings& s) { s.groups.clear(); });
    c.lb1.kernel.refuses_to_add.insert(ip(vip2));
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(20s);
    REQUIRE(status(c.lb1, "VI_2").degraded);
    c.world.forget();
    auto grouped = c.settings1;
    grouped.groups = {{"SG1", {"VI_1", "VI_2"}, {}}};
    reload(c, grouped);
    c.world.run_for(70s);
    CHECK(c.serves(c.lb1));
    CHECK(c.world.all<Transition>("lb1").empty());
    CHECK(status(c.lb1, "VI_1").degraded);
}

TEST_CASE("rule 11: a member that is not refused leaves FAULT when a reload takes it out of the group") {
    Cluster c;
    c.settle();
    World::kill(c.lb1);
    c.world.run_for(5s);
    c.lb1.kernel.refuses_to_add.insert(ip(vip2));
    c.world.start(c.lb1, c.settings1);
    c.world.run_until([&] { return state(c.lb1, "VI_1") == State::fault; }, 20s);
    reload(c, dissolved(c.settings1));
    c.world.run_for(100ms);
    CHECK(state(c.lb1, "VI_1") == State::backup);
}

TEST_CASE("start-up delay: it is that of the agent: what a reload adds later waits for nothing") {
    Cluster c([](Settings& s) {
        for (auto& instance : s.instances)
            instance.startup_delay = 3s;
    });
    c.settle();
    SECTION("a new member does not keep its group from taking over") {
        auto settings = with_third(c.settings2);
        settings.instances[2].startup_delay = 60s;
        c.world.run_for(60s);
        c.world.reload(c.lb2, settings);
        World::kill(c.lb1);
        c.world.run_for(5s);
        CHECK(c.serves(c.lb2));
        CHECK(is_master(c.lb2, "VI_3"));
    }
    SECTION("another VRID") {
        auto settings = dissolved(c.settings1);
        settings.instances[0].virtual_router_id = 61;
        reload(c, settings);
        c.world.run_for(4s);
        CHECK(is_master(c.lb1, "VI_1"));
    }
}

TEST_CASE("rule 19: a handover of members that a reload removes is not done") {
    Cluster c;
    c.settle();
    World::kill(c.lb2);
    command(c, Kind::handover);
    c.world.run_for(100ms);
    auto settings = with_third(c.settings1);
    reload(c, settings);
    settings.instances.erase(settings.instances.begin(), settings.instances.begin() + 2);
    settings.groups[0].members = {"VI_3"};
    reload(c, settings);
    c.world.run_for(5s);
    const auto answers = c.world.all<OperatorAnswer>("lb1");
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].second.outcome == Outcome::busy);
    CHECK_FALSE(status(c.lb1, "VI_3").held);
    CHECK(is_master(c.lb1, "VI_3"));
}
