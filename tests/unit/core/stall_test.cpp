// SPDX-License-Identifier: Apache-2.0
// rules.md 6: after a stall the engine looks before it speaks.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

/// A master with 1 s adverts, so that peer_down is 3 s, whose agent has not run for a while.
struct Stalled : Solo {
    explicit Stalled(Duration stall, const Edit& edit = {}) : Solo(edit) {
        make_master();
        world.run_for(10s);
        world.forget();
        world.pause(node);
        world.run_for(stall);
    }
    void wake() {
        world.wake(node);
        world.run_for(0s);
    }
};

}  // namespace

TEST_CASE(
    "rule 6: an advert of another master was waiting: BACKUP, and nothing is sent, not even priority 0") {
    const std::uint8_t priority =
        GENERATE(std::uint8_t{1}, std::uint8_t{50}, std::uint8_t{100}, std::uint8_t{200});
    Stalled solo(4s);
    solo.hear(priority);
    solo.wake();
    CHECK(solo.state() == State::backup);
    CHECK_FALSE(solo.holds());
    CHECK(solo.adverts().empty());
    CHECK(solo.status().reason.find("10.0.0.2 has become master meanwhile") != std::string::npos);
}

TEST_CASE(
    "rule 6: a member that has heard nobody follows its own interval, not what it learned as BACKUP once") {
    auto first = make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"});
    auto second = make_instance("VI_2", "eth0", 52, 100, {"10.0.0.101"});
    auto settings = only(first);
    settings.instances.push_back(second);
    for (auto& instance : settings.instances)
        instance.version = vrrp::Version::v3;
    settings.groups = {{"G", {"VI_1", "VI_2"}, {}}};
    Solo solo(settings, true);
    const auto hear = [&](std::size_t which, Duration interval) {
        auto advert = solo.advert(200);
        advert.virtual_router_id = settings.instances[which].virtual_router_id;
        advert.addresses = {settings.instances[which].addresses.front().address};
        advert.interval = interval;
        solo.hear(advert, "10.0.0.2", "224.0.0.18");
    };
    hear(1, 4s);
    solo.make_master();
    solo.world.run_for(10s);
    solo.world.pause(solo.node);
    solo.world.run_for(4s);
    hear(0, 1s);
    solo.world.wake(solo.node);
    solo.world.run_for(0s);
    REQUIRE(solo.state() == State::backup);
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("rule 6: a priority 0 that was waiting is no master") {
    Stalled solo(4s);
    solo.hear(0);
    solo.wake();
    CHECK(solo.state() == State::master);
}

TEST_CASE("rule 6: a priority 0 that was waiting is not answered by who has lost its lease") {
    Stalled solo(4s, [](Instance& i) { i.lease = 3s; });
    solo.hear(0);
    solo.wake();
    CHECK(solo.state() == State::backup);
    CHECK(solo.adverts().empty());
}

TEST_CASE("rule 6: whoever sent the priority 0 that was waiting has taught the network: it is taught anew") {
    Stalled solo(4s);
    solo.hear(0);
    solo.wake();
    CHECK(solo.adverts().size() == 1);
    CHECK_FALSE(solo.world.all<SendFrame>("lb1").empty());
}

TEST_CASE("rule 6: a stall within peer_down is no stall: a losing advert is answered") {
    Stalled solo(2900ms);
    solo.hear(50);
    solo.wake();
    CHECK(solo.state() == State::master);
    CHECK(solo.holds());
    CHECK_FALSE(solo.adverts().empty());
}

TEST_CASE("rule 6: nothing was waiting and the addresses are still here: it goes on") {
    Stalled solo(4s, [](Instance& i) { i.lease = 10s; });
    solo.wake();
    CHECK(solo.state() == State::master);
    CHECK(solo.holds());
    CHECK(solo.adverts().size() == 1);
    CHECK(solo.world.logged("lb1", "going on as MASTER") == 1);
}

TEST_CASE("rule 6: the lease ran out: BACKUP, one interval and the skew of listening, then MASTER") {
    Stalled solo(4s, [](Instance& i) { i.lease = 3s; });
    const Instant awake = solo.world.now();
    CHECK_FALSE(solo.holds());
    solo.wake();
    CHECK(solo.state() == State::backup);
    CHECK(solo.adverts().empty());
    solo.world.run_for(3s);
    CHECK(solo.world.entered("lb1", "VI_1", State::master) - awake == 1609375us);
    CHECK(solo.holds());
}

TEST_CASE("rule 6: the lease ran out by the clock, though the kernel has not said so: it counts as lost") {
    Stalled solo(2900ms, [](Instance& i) { i.lease = 3s; });
    solo.node.kernel.lateness = [] { return 400ms; };
    solo.world.run_for(200ms);
    solo.wake();
    CHECK(solo.state() == State::backup);
    CHECK_FALSE(solo.holds());
    CHECK(solo.adverts().empty());
}

TEST_CASE("rule 6: without a lease a VIP that is gone after a stall counts as lost") {
    Stalled solo(4s);
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.100")));
    solo.wake();
    CHECK(solo.state() == State::backup);
    CHECK(solo.adverts().empty());
}

TEST_CASE("rule 6: in a group one waiting advert takes all members, silently") {
    Cluster c;
    c.settle();
    c.world.pause(c.lb1);
    c.world.run_for(5s);
    CHECK(c.serves(c.lb2));
    c.cut("internal");
    c.world.forget();
    c.world.wake(c.lb1);
    c.world.run_for(100ms);
    CHECK(state(c.lb1, "VI_1") == State::backup);
    CHECK(state(c.lb1, "VI_2") == State::backup);
    CHECK_FALSE(c.holds(c.lb1));
    CHECK(c.world.adverts("lb1", "VI_1").empty());
    CHECK(c.world.adverts("lb1", "VI_2").empty());
}

TEST_CASE("lateness: adverts that eat into the margin are told, at most once a minute") {
    Solo solo;
    solo.make_master();
    solo.world.run_for(10s);
    solo.world.forget();
    for (unsigned i = 0; i < 20; ++i) {
        solo.world.pause(solo.node);
        solo.world.run_for(1700ms);
        solo.world.wake(solo.node);
        solo.world.run_for(0s);
    }
    CHECK(solo.world.logged("lb1", "have left late") == 1);
    solo.world.run_for(60s);
    CHECK(solo.world.logged("lb1", "have left late") == 2);
    CHECK(solo.world.logged("lb1", "a peer takes over when one is 2 s late") == 2);
}

TEST_CASE("rule 6: down_adverts = 1 leaves no margin: that is told once a minute, not with each advert") {
    Solo solo([](Instance& i) { i.down_adverts = 1; });
    solo.make_master();
    for (int i = 0; i < 50; ++i) {
        solo.world.pause(solo.node);
        solo.world.run_for(1001ms);
        solo.world.wake(solo.node);
        solo.world.run_for(0s);
    }
    CHECK(solo.state() == State::master);
    CHECK(solo.world.logged("lb1", "no advertisement has left") <= 2);
}
