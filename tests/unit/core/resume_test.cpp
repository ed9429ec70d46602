// SPDX-License-Identifier: Apache-2.0
// rules.md 13, 17, 18: what a new run of the agent makes of the one before it.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

/// What the state file would hold now.
Memory remembered(const World& world, const std::string& node) {
    Memory memory;
    for (const auto& done : world.done()) {
        if (done.node != node) continue;
        if (const auto* all = std::get_if<Remember>(&done.action)) memory = all->memory;
        if (const auto* advert = std::get_if<RecordAdvert>(&done.action))
            memory.routers.at(advert->slot).last_advert = advert->at;
    }
    return memory;
}

Settings settings_of(const Solo::Edit& edit = {}) {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"});
    instance.lease = 3s;
    if (edit) edit(instance);
    return only(instance);
}

/// A master that was killed `ago`.
struct Killed : Solo {
    explicit Killed(Duration ago) : Solo(settings_of(), true) {
        make_master();
        world.run_for(5500ms);  // half a second after an advert
        memory = remembered(world, "lb1");
        World::kill(node);
        world.run_for(ago - 500ms);
        world.forget();
    }
    void start(const Settings& now = settings_of()) {
        world.start(node, now, memory);
        world.run_for(0s);
    }
    Memory memory;
};

}  // namespace

TEST_CASE("rule 17: killed and started in time it goes on as MASTER: no address moves") {
    Killed solo(GENERATE(Duration(500ms), Duration(1500ms), Duration(2900ms)));
    solo.start();
    CHECK(solo.state() == State::master);
    CHECK(solo.holds());
    CHECK(solo.adverts().size() == 1);
    CHECK(solo.adverts().front().priority() == 100);
    CHECK(solo.world.all<RemoveAddress>("lb1").empty());
    CHECK(solo.world.all<RenewLease>("lb1").size() == 1);
    solo.world.run_for(60s);
    CHECK(solo.state() == State::master);
    CHECK(solo.holds());
}

TEST_CASE("rule 17: too late, or not the same, and it starts anew: leftovers go first, then BACKUP") {
    Killed solo(500ms);
    auto settings = settings_of();
    const int which = GENERATE(0, 1, 2, 3, 4, 5, 6);
    if (which == 0) settings.instances[0].addresses[0].address = ip("10.0.0.101");
    if (which == 1) solo.memory.routers[0].last_advert.reset();
    if (which == 2) solo.memory.routers[0].master = false;
    if (which == 3) solo.memory.maintenance = "new disk";
    if (which == 4) solo.memory.routers.clear();
    if (which == 5) settings.instances[0].virtual_router_id = 52;
    // One that is not wanted any more: those that are wanted are all there.
    if (which == 6) solo.memory.routers[0].addresses.push_back({"eth0", ip("10.0.0.101"), 32});
    solo.start(settings);
    CHECK(solo.state() == State::backup);
    CHECK_FALSE(solo.holds());
    CHECK(solo.adverts().empty());
}

TEST_CASE("rule 17: 10 ms before peer_down is the last moment") {
    Killed in_time(2990ms);
    in_time.start();
    CHECK(in_time.state() == State::master);
    Killed late(2991ms);
    late.start();
    CHECK(late.state() == State::backup);
    CHECK(late.world.logged("lb1", "another master may have taken over") == 1);
}

TEST_CASE("rule 17: how long the peers wait is told by the interval that they have heard, not by a new one") {
    auto settings = settings_of();
    settings.instances[0].version = vrrp::Version::v3;
    SECTION("a longer one: another may have taken over long ago") {
        settings.instances[0].advert_interval = 10s;
        settings.instances[0].lease = 30s;
        Killed late(3100ms);
        late.start(settings);
        CHECK(late.state() == State::backup);
        CHECK(late.world.logged("lb1", "another master may have taken over") == 1);
    }
    SECTION("a shorter one: nobody has") {
        settings.instances[0].advert_interval = 500ms;
        Killed in_time(2900ms);
        in_time.start(settings);
        CHECK(in_time.state() == State::master);
    }
}

TEST_CASE("rule 17: an interval that no peer has heard of yet does not tell how long they wait") {
    const auto faster = [](Instance& instance) {
        instance.version = vrrp::Version::v3;
        instance.lease = {};  // which would end before, and tell
    };
    const auto slower = settings_of([&](Instance& instance) {
        faster(instance);
        instance.advert_interval = 10s;
    });
    Solo solo(settings_of(faster), true);
    solo.make_master();
    solo.world.run_for(5500ms);  // half a second after an advert
    solo.world.reload(solo.node, slower);
    const bool is_heard = GENERATE(false, true);
    solo.world.run_for(is_heard ? 600ms : 100ms);
    const auto memory = remembered(solo.world, "lb1");
    World::kill(solo.node);
    solo.world.run_for(4s);
    solo.world.start(solo.node, slower, memory);
    solo.world.run_for(0s);
    CHECK(solo.state() == (is_heard ? State::master : State::backup));
}

TEST_CASE("rule 17: an address is gone: its lease is not repaired") {
    Killed solo(1s);
    solo.node.kernel.remove_by_hand(ip("10.0.0.100"));
    solo.start();
    CHECK(solo.state() == State::backup);
    CHECK(solo.world.logged("lb1", "some of its addresses are gone") == 1);
}

TEST_CASE("rule 17: an interface that is down is no place to resume") {
    Killed solo(1s);
    solo.node.kernel.set_link("eth0", true, false);
    solo.start();
    CHECK(solo.state() == State::fault);
    CHECK_FALSE(solo.holds());
}

TEST_CASE("rule 17: the fourth start within a minute is a clean one") {
    Killed solo(1s);
    for (unsigned resumes = 1; resumes <= 3; ++resumes) {
        solo.start();
        CHECK(solo.state() == State::master);
        solo.world.run_for(1s);
        solo.memory = remembered(solo.world, "lb1");
        CHECK(solo.memory.resumes.size() == resumes);
        World::kill(solo.node);
        solo.world.run_for(1s);
    }
    solo.start();
    CHECK(solo.state() == State::backup);
    CHECK(solo.world.logged("lb1", LogLevel::error, "3 resumes within a minute") == 1);
    // A minute later it may again.
    solo.world.run_for(61s);
    CHECK(solo.state() == State::master);
    solo.memory = remembered(solo.world, "lb1");
    World::kill(solo.node);
    solo.world.run_for(1s);
    solo.start();
    CHECK(solo.state() == State::master);
}

TEST_CASE("rule 17: a group resumes as one, or not at all") {
    Cluster c([](Settings& settings) {
        for (auto& instance : settings.instances)
            instance.lease = 3s;
    });
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(10s);
    c.world.start(c.lb2, c.settings2);
    auto memory = remembered(c.world, "lb1");
    World::kill(c.lb1);
    c.world.run_for(1s);
    const bool both = GENERATE(true, false);
    if (!both) *memory.routers[1].last_advert -= 2s;
    c.world.start(c.lb1, c.settings1, memory);
    c.world.run_for(0s);
    CHECK(c.serves(c.lb1) == both);
    CHECK(c.holds(c.lb1) == both);
    CHECK(state(c.lb1, "VI_1") == state(c.lb1, "VI_2"));
}

TEST_CASE(
    "rule 8: before 5.18 the kernel reports no marks: the state file says which addresses are leftovers") {
    Killed solo(5s);
    solo.node.kernel.marks_ours = false;
    solo.node.kernel.add_by_hand("eth0", ip("10.0.0.100"), 32);
    solo.start();
    CHECK(solo.state() == State::backup);
    CHECK_FALSE(solo.holds());
}

TEST_CASE("rule 8: where the kernel reports marks an unmarked address is somebody else's") {
    Killed solo(5s);
    solo.node.kernel.add_by_hand("eth0", ip("10.0.0.100"), 32);
    solo.node.invariants = {};
    auto& engine = solo.node.engine;
    engine = std::make_unique<Engine>();
    engine->step(Recalled{solo.memory}, solo.world.now());
    engine->step(ConfigApplied{std::make_shared<const Settings>(settings_of())}, solo.world.now());
    auto snapshot = solo.node.kernel.snapshot();
    snapshot.addresses.front().marked = true;
    engine->step(snapshot, solo.world.now());
    solo.world.run_for(0s);
    CHECK(solo.holds());
}

TEST_CASE("rule 13: the verdicts of the run before stand, marked stale, until there are new ones") {
    auto settings = settings_of([](Instance& i) { i.checks = {{"web", {}, OnDown::last_resort}}; });
    settings.checks = {make_check("web")};
    Solo solo(settings, true);
    solo.world.tell(solo.node, CheckVerdict{"web", CheckState::up, "fine", false});
    solo.make_master();
    const auto memory = remembered(solo.world, "lb1");
    REQUIRE(memory.checks == std::vector<Memory::Check>{{"web", Memory::Verdict::up, "fine"}});
    World::kill(solo.node);
    solo.world.run_for(500ms);
    solo.world.start(solo.node, settings, memory);
    solo.world.run_for(60s);
    CHECK(solo.state() == State::master);
    CHECK(solo.status().effective_priority == 100);
    solo.world.tell(solo.node, CheckVerdict{"web", CheckState::down, "refused", false});
    solo.world.run_for(5s);
    CHECK(solo.status().effective_priority == 1);
}

TEST_CASE("rule 13: the verdicts of the run before are told as stale until there are new ones") {
    auto settings = settings_of([](Instance& i) { i.checks = {{"web", {}, OnDown::last_resort}}; });
    settings.checks = {make_check("web")};
    Solo solo(settings, true);
    solo.world.tell(solo.node, CheckVerdict{"web", CheckState::down, "refused", false});
    solo.world.run_for(0s);
    const auto memory = remembered(solo.world, "lb1");
    World::kill(solo.node);
    solo.world.start(solo.node, settings, memory);
    solo.world.run_for(0s);
    CHECK(solo.status().last_resort_cause == "check web DOWN, stale: refused");
    solo.world.tell(solo.node, CheckVerdict{"web", CheckState::down, "refused", false});
    solo.world.run_for(0s);
    CHECK(solo.status().last_resort_cause == "check web DOWN: refused");
}

TEST_CASE("rule 18: SIGUSR1 leaves everything in place, with a last advert, and the next run goes on") {
    Solo solo(settings_of(), true);
    solo.make_master();
    solo.world.run_for(5500ms);
    solo.world.tell(solo.node, SuspendRequested{});
    solo.world.run_for(0s);
    CHECK(solo.node.stopped);
    CHECK(solo.holds());
    CHECK(solo.adverts().back().at == solo.world.now());
    CHECK(solo.adverts().back().priority() == 100);
    const auto memory = remembered(solo.world, "lb1");
    CHECK(memory.routers[0].last_advert == solo.world.now());
    World::kill(solo.node);
    solo.world.run_for(2900ms);
    solo.world.start(solo.node, settings_of(), memory);
    solo.world.run_for(0s);
    CHECK(solo.state() == State::master);
    CHECK(solo.holds());
}

TEST_CASE("rule 5: a sender that was known before the restart is still trusted") {
    Solo solo(settings_of(), true);
    solo.hear(50);
    solo.world.run_for(1ms);
    const auto memory = remembered(solo.world, "lb1");
    REQUIRE(memory.routers[0].trusted == std::vector<IpAddress>{ip("10.0.0.2")});
    World::kill(solo.node);
    solo.world.start(solo.node, settings_of(), memory);
    solo.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.addresses = {ip("10.0.0.77")}; });
    CHECK(solo.discarded(vrrp::Discard::foreign) == 0);
    solo.hear(200, "10.0.0.3", [](vrrp::Advert& a) { a.addresses = {ip("10.0.0.77")}; });
    CHECK(solo.discarded(vrrp::Discard::foreign) == 1);
}

TEST_CASE("rule 18: SIGUSR1 in the middle of a yield that nobody answers: the next run goes on") {
    Solo solo(settings_of(), true);
    solo.make_master();
    solo.world.run_for(5500ms);
    solo.world.tell(solo.node, OperatorCommand{7, OperatorCommand::Kind::handover, "VI_1", "disk", "root"});
    solo.world.run_for(500ms);
    const bool relieved = GENERATE(false, true);
    if (relieved) solo.hear(50);
    solo.world.tell(solo.node, SuspendRequested{});
    solo.world.run_for(0s);
    REQUIRE(solo.node.stopped);
    const auto answers = solo.world.all<OperatorAnswer>("lb1");
    REQUIRE(answers.size() == 1);
    if (!relieved) CHECK(answers[0].second.outcome == OperatorAnswer::Outcome::busy);
    const auto memory = remembered(solo.world, "lb1");
    World::kill(solo.node);
    solo.world.run_for(500ms);
    solo.world.start(solo.node, settings_of(), memory);
    solo.world.run_for(0s);
    CHECK((solo.state() == State::master) == !relieved);
    CHECK(solo.holds() == !relieved);
}
