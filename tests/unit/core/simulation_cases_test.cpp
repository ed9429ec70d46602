// SPDX-License-Identifier: Apache-2.0
// What the simulation found, each as small as it can be made.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

/// Two adverts of 1 s: the lease is as long as a yield waits.
void two_adverts(Instance& instance) {
    instance.down_adverts = 2;
    instance.lease = 2s;
}

void three_adverts(Instance& instance) {
    instance.lease = 3s;
}

/// The lease of a whole second ends before the peers miss us.
void lease_below_peer_down(Instance& instance) {
    instance.version = vrrp::Version::v3;
    instance.advert_interval = 250ms;
    instance.down_adverts = 5;
    instance.lease = 1s;
}

/// The state file as it stands.
Memory memory_of(const World& world) {
    Memory memory = world.all<Remember>("lb1").back().second.memory;
    for (const auto& [at, advert] : world.all<RecordAdvert>("lb1"))
        memory.routers.at(advert.slot).last_advert = advert.at;
    return memory;
}

}  // namespace

TEST_CASE("rule 9: a handover that nobody answers costs no address, however short the lease") {
    Solo solo(two_adverts);
    solo.make_master();
    solo.world.run_for(3900ms);
    solo.world.tell(solo.node, OperatorCommand{1, OperatorCommand::Kind::handover, "VI_1", ""});
    const Instant end = solo.world.now() + 6s;
    while (solo.world.now() < end) {
        solo.world.run_for(10ms);
        REQUIRE(solo.holds());
    }
    CHECK(solo.state() == State::master);
}

TEST_CASE("rules 7 and 9: who loses its lease while it yields does not go on as MASTER without addresses") {
    Solo solo(three_adverts);
    solo.make_master();
    solo.world.run_for(500ms);
    solo.node.mute = true;
    solo.world.run_for(2s);
    solo.world.tell(solo.node, OperatorCommand{1, OperatorCommand::Kind::handover, "VI_1", ""});
    const Instant end = solo.world.now() + 6s;
    while (solo.world.now() < end) {
        if (solo.world.now() > end - 4s) solo.node.mute = false;
        solo.world.run_for(10ms);
        // 2 intervals of yield: until then it is still to be called MASTER.
        if (solo.world.now() > end - 3900ms && solo.state() == State::master) REQUIRE(solo.holds());
    }
}

TEST_CASE("rule 7: after a resume the lease counts from the last advert that has left, not from the resume") {
    Solo solo(three_adverts);
    solo.make_master();
    solo.world.run_for(500ms);
    solo.node.mute = true;
    solo.world.run_for(2s);
    const auto memory = memory_of(solo.world);
    World::kill(solo.node);
    solo.world.start(solo.node, solo.settings, memory);
    solo.world.run_for(0s);
    REQUIRE(solo.state() == State::master);
    solo.world.forget();
    // 3.0 s after that advert the kernel takes the address away.
    solo.world.run_for(1s);
    CHECK(solo.world.all<AddAddress>("lb1").empty());
    CHECK(solo.state() == State::backup);
}

TEST_CASE("rules 6 and 7: an advert that has left long ago renews no lease after a stall") {
    Solo solo([](Instance& instance) {
        instance.version = vrrp::Version::v3;
        instance.advert_interval = 100ms;
        instance.lease = 1s;
    });
    // Stopped between its first advert and what follows from it.
    solo.node.trapped = true;
    solo.make_master();
    REQUIRE(solo.node.paused);
    solo.world.run_for(400ms);
    solo.world.forget();
    solo.world.wake(solo.node);
    solo.world.run_for(0s);
    REQUIRE(solo.state() == State::master);
    const auto adverts = solo.adverts();
    REQUIRE(adverts.size() == 1);
    std::size_t before = 0;
    for (const auto& done : solo.world.done()) {
        if (std::holds_alternative<SendAdvert>(done.action)) break;
        if (std::holds_alternative<RenewLease>(done.action)) ++before;
    }
    CHECK(before == 0);
}

TEST_CASE("an advert that could not leave is tried again within a tenth of an interval") {
    Solo solo;
    solo.make_master();
    solo.world.run_for(500ms);
    solo.node.mute = true;
    solo.world.forget();
    solo.world.run_for(600ms);
    REQUIRE(solo.adverts().size() == 2);
    CHECK(solo.adverts()[1].at - solo.adverts()[0].at == 100ms);
}

TEST_CASE("rule 19: maintenance that is asked for during a handover is not forgotten when nobody answers") {
    Solo solo;
    solo.make_master();
    solo.world.tell(solo.node, OperatorCommand{1, OperatorCommand::Kind::handover, "VI_1", ""});
    solo.world.run_for(100ms);
    solo.world.tell(solo.node, OperatorCommand{2, OperatorCommand::Kind::maintenance_on, "", "disk"});
    solo.world.run_for(10s);
    CHECK(solo.state() == State::backup);
    CHECK_FALSE(solo.holds());
    const auto answers = solo.world.all<OperatorAnswer>("lb1");
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].second.id == 1);
    CHECK(answers[0].second.text == "overtaken: maintenance begins");
}

TEST_CASE("rule 19: a release in the instant of the start is not undone by what the run before has left") {
    Solo solo;
    solo.make_master();
    auto memory = memory_of(solo.world);
    memory.routers.front().master = false;
    memory.routers.front().held = true;
    World::kill(solo.node);
    solo.world.start(solo.node, solo.settings, memory);
    solo.world.tell(solo.node, OperatorCommand{1, OperatorCommand::Kind::release, "VI_1", ""});
    solo.world.run_for(0s);
    solo.world.run_for(1s);
    solo.hear(50);
    solo.world.run_for(1s);
    solo.hear(50);
    solo.world.run_for(1s);
    solo.hear(50);
    solo.world.run_for(1s);
    CHECK(solo.state() == State::master);
}

TEST_CASE("rules 7 and 17: who starts after its lease has run out does not go on, though the peers wait") {
    Solo solo(lease_below_peer_down);
    solo.node.kernel.lateness = [] { return 400ms; };
    solo.make_master();
    solo.world.run_for(5s);
    const auto memory = memory_of(solo.world);
    World::kill(solo.node);
    solo.world.run_for(1100ms);
    REQUIRE(solo.holds());
    solo.world.forget();
    solo.world.start(solo.node, solo.settings, memory);
    solo.world.run_for(0s);
    CHECK(solo.state() == State::backup);
    CHECK(solo.adverts().empty());
    CHECK_FALSE(solo.holds());
}

TEST_CASE("rules 6 and 18: who is to be resumed sends no last advert after its lease has run out") {
    Solo solo(lease_below_peer_down);
    solo.make_master();
    solo.world.run_for(5s);
    solo.world.pause(solo.node);
    solo.world.run_for(1100ms);
    solo.world.tell(solo.node, SuspendRequested{});
    solo.world.forget();
    solo.world.wake(solo.node);
    solo.world.run_for(0s);
    CHECK(solo.node.stopped);
    CHECK(solo.adverts().empty());
}

TEST_CASE("rule 7: an address that the lease of an earlier time as MASTER takes is no deletion by others") {
    Solo solo([](Instance& instance) {
        two_adverts(instance);
        instance.pair = true;
    });
    solo.node.kernel.lateness = [] { return 100ms; };
    solo.make_master();
    solo.world.run_for(500ms);
    solo.node.mute = true;
    solo.world.run_for(1450ms);
    solo.world.pause(solo.node);
    solo.world.run_for(100ms);
    REQUIRE(solo.holds());
    const auto hear = [&](std::uint8_t priority) {
        const auto from = ip("10.0.0.2");
        const auto to = vrrp::multicast_group(Family::ipv4);
        const auto message = vrrp::encode(solo.advert(priority), from, to, vrrp::ChecksumForm::pseudo_header);
        solo.world.tell(solo.node,
                        PacketReceived{solo.node.kernel.link("eth0")->index, from, to, 255, message});
    };
    // Both were waiting: the role comes back before the addresses have gone.
    hear(150);
    hear(0);
    solo.world.forget();
    solo.world.wake(solo.node);
    solo.world.run_for(300ms);
    CHECK(solo.state() == State::master);
    CHECK(solo.holds());
    CHECK(solo.world.all<AddAddress>("lb1").size() == 1);
    CHECK(solo.world.logged("lb1", "was deleted by another program") == 0);
    CHECK(solo.counters().address_repairs == 0);
}

TEST_CASE(
    "rule 12: a last resort that does not hear the master is nobody to take over from, until the master is "
    "gone") {
    Solo solo([](Instance& i) { i.preempt = GENERATE(true, false); });
    solo.hear(200);
    const auto sick_beside = [&](Duration after) {
        solo.world.run_for(after);
        solo.hear(1, "10.0.0.3");
    };
    for (int i = 0; i < 5; ++i) {
        sick_beside(100ms);
        solo.world.run_for(900ms);
        CHECK(solo.state() == State::backup);
        solo.hear(200);
    }
    CHECK(solo.status().master == ip("10.0.0.2"));
    // The next advert after three intervals of silence, and the skew.
    for (int i = 0; i < 3; ++i)
        sick_beside(1s);
    CHECK(solo.time_to(State::master) == 609375us);
}

TEST_CASE("rule 12: how long the master is waited for is not told by a last resort beside it") {
    Solo solo([](Instance& i) { i.version = vrrp::Version::v3; });
    solo.hear(200);
    const auto slow = [](vrrp::Advert& advert) { advert.interval = 10s; };
    for (int i = 0; i < 3; ++i) {
        solo.world.run_for(1s);
        solo.hear(1, "10.0.0.3", slow);
    }
    // The last came after three intervals of the master's silence.
    CHECK(solo.status().master == ip("10.0.0.3"));
    CHECK(solo.time_to(State::master) == 609375us);
}
