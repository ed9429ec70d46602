// SPDX-License-Identifier: Apache-2.0
// rules.md 7: the kernel lease.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

void leased(Instance& instance) {
    instance.lease = 3s;
}

std::vector<std::pair<Instant, RenewLease>> renewals(const Solo& solo) {
    return solo.world.all<RenewLease>("lb1");
}

}  // namespace

TEST_CASE("rule 7: the address comes with its lease, and each advert that leaves starts it anew") {
    Solo solo(leased);
    solo.make_master();
    CHECK(solo.world.all<AddAddress>("lb1").front().second.lease == 3s);
    solo.world.forget();
    solo.world.run_for(10s);
    REQUIRE(renewals(solo).size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(renewals(solo)[i].first == solo.adverts()[i].at);
        CHECK(renewals(solo)[i].second.lease == 3s);
        CHECK(renewals(solo)[i].second.not_after == solo.adverts()[i].at + 500ms);
    }
    CHECK(solo.holds());
}

TEST_CASE("rule 7: without a lease nothing is renewed, and an owner has none") {
    const bool owner = GENERATE(false, true);
    Solo solo([&](Instance& i) {
        if (owner) {
            i.priority = 255;
            i.lease = 3s;
        }
    });
    solo.make_master();
    solo.world.run_for(10s);
    CHECK(renewals(solo).empty());
    CHECK(solo.world.all<AddAddress>("lb1").front().second.lease == 0s);
    CHECK(solo.holds());
}

TEST_CASE("rule 7: short intervals renew four times a second at most") {
    Solo solo([](Instance& i) {
        i.version = vrrp::Version::v3;
        i.advert_interval = 10ms;
        i.lease = 1s;
    });
    solo.make_master();
    solo.world.run_for(5s);
    solo.world.forget();
    solo.world.run_for(10s);
    CHECK(solo.adverts().size() == 1000);
    CHECK(renewals(solo).size() == 40);
    // One that the kernel does not take in time is overtaken by the next: the lease must not end later than
    // that.
    for (const auto& [at, renewal] : renewals(solo))
        CHECK(renewal.not_after == at + 250ms);
    CHECK(solo.holds());
}

TEST_CASE("rule 7: nothing is renewed by an advert that did not leave, and it is tried again sooner") {
    Solo solo(leased);
    solo.make_master();
    solo.world.run_for(5s);
    solo.node.mute = true;
    solo.world.forget();
    solo.world.run_for(2850ms);
    CHECK(renewals(solo).empty());
    CHECK(solo.adverts().size() > 15);
    solo.node.mute = false;
    solo.world.run_for(100ms);
    CHECK(renewals(solo).size() == 1);
    CHECK(solo.state() == State::master);
    CHECK(solo.holds());
}

TEST_CASE("rule 7: an agent that is gone leaves no address behind") {
    Solo solo(leased);
    solo.make_master();
    const Instant last = solo.world.now();
    World::kill(solo.node);
    solo.world.run_for(2900ms);
    CHECK(solo.holds());
    solo.world.run_until(last + 3s);
    CHECK_FALSE(solo.holds());
}

TEST_CASE("rule 7: an expired lease is not repaired: the node listens, then takes over again") {
    Solo solo(leased);
    solo.make_master();
    solo.world.run_for(5s);
    solo.world.forget();
    solo.node.mute = true;
    solo.world.run_for(3s);
    CHECK_FALSE(solo.holds());
    CHECK(solo.state() == State::backup);
    solo.node.mute = false;
    // 1 interval and the skew of priority 100.
    solo.world.run_for(1609ms);
    CHECK_FALSE(solo.holds());
    solo.world.run_for(1ms);
    CHECK(solo.holds());
    CHECK(solo.state() == State::master);
    CHECK(solo.counters().address_repairs == 0);
}

TEST_CASE("rule 8: an address deleted by others within its lease is put back with a lease of its own") {
    Solo solo(leased);
    solo.make_master();
    solo.world.run_for(5500ms);
    solo.world.forget();
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.100")));
    solo.world.run_for(0s);
    CHECK(solo.holds());
    CHECK(solo.state() == State::master);
    CHECK(solo.world.all<AddAddress>("lb1").front().second.lease == 3s);
    CHECK(solo.world.all<Transition>("lb1").empty());
    World::kill(solo.node);
    solo.world.run_for(3s);
    CHECK_FALSE(solo.holds());
}

TEST_CASE("rule 7: a yield fits into the lease, and priority 0 does not renew it") {
    Solo solo(leased);
    solo.make_master();
    solo.world.run_for(5900ms);
    solo.world.forget();
    solo.world.tell(solo.node, StopRequested{});
    solo.world.run_for(1999ms);
    CHECK(solo.holds());
    CHECK(renewals(solo).empty());
    solo.world.run_for(1ms);
    CHECK(solo.node.stopped);
}

TEST_CASE("rule 7: a reload turns the lease on and off for addresses that stand") {
    Solo solo;
    solo.make_master();
    solo.world.run_for(5s);
    solo.world.forget();
    solo.change(leased);
    solo.world.run_for(1s);
    CHECK(renewals(solo).size() == 1);
    solo.change([](Instance& i) { i.lease = 0s; });
    solo.world.forget();
    solo.world.run_for(10s);
    REQUIRE(renewals(solo).size() == 1);
    CHECK(renewals(solo)[0].second.lease == 0s);
    CHECK(solo.world.all<RemoveAddress>("lb1").empty());
    CHECK(solo.holds());
}

TEST_CASE("a renewal that the kernel refuses is told; the address is not given up before its lease ends") {
    Solo solo(leased);
    solo.make_master();
    const int index = solo.node.kernel.link("eth0")->index;
    solo.world.tell(solo.node, AddressRefused{index, ip("10.0.0.100"), 32, true, "Operation not permitted"});
    solo.world.run_for(0s);
    CHECK(solo.world.logged("lb1", "refused to renew the lease") == 1);
    CHECK(solo.state() == State::master);
    CHECK(solo.holds());
}

TEST_CASE("an addition that waited too long for its turn is not made up for: it is asked anew, or given up") {
    Solo solo(leased);
    solo.node.trapped = true;  // between the advert and the address
    solo.make_master();
    REQUIRE(solo.node.paused);
    const auto wait = GENERATE(Duration(1s), Duration(4s));
    solo.world.run_for(wait);
    if (wait > 3s) solo.hear(50);
    solo.world.forget();
    solo.world.wake(solo.node);
    solo.world.run_for(0s);
    // Within peer_down nobody can have taken over; later the advert that waits is heard first.
    CHECK(solo.holds() == (wait < 3s));
    CHECK(solo.world.all<AddAddress>("lb1").size() == (wait < 3s ? 1 : 0));
}
