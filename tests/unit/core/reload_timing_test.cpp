// SPDX-License-Identifier: Apache-2.0
// A reload changes what timers are made of: intervals, down times, peers (rules.md 4, 6, 7).
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

void version_3(Instance& instance) {
    instance.version = vrrp::Version::v3;
}

/// A MASTER half-way between two adverts, with an empty record.
void serve(Solo& solo) {
    solo.make_master();
    solo.world.run_for(10500ms);
    solo.world.forget();
}

void faster(Instance& instance) {
    instance.advert_interval = 100ms;
    instance.lease = 1s;
}

}  // namespace

TEST_CASE("reload: a shorter interval is no stall") {
    Solo solo([](Instance& i) {
        version_3(i);
        i.lease = 3s;
    });
    serve(solo);
    SECTION("nothing else changes") {
        solo.change(faster);
    }
    SECTION("an address is added too") {
        solo.change([](Instance& i) {
            faster(i);
            i.addresses.push_back(virtual_address("10.0.0.101", "eth0"));
        });
    }
    SECTION("another router is heard in that moment") {
        solo.change(faster);
        solo.hear(50);
    }
    solo.world.run_for(5s);
    CHECK(solo.world.all<Transition>("lb1").empty());
    CHECK(solo.holds());
    CHECK(solo.world.logged("lb1", "no advertisement has left") == 0);
}

TEST_CASE("reload: a much shorter interval does not wait for the advert of the old one") {
    Solo solo([](Instance& i) {
        version_3(i);
        i.advert_interval = 40950ms;
        i.lease = 122s;
    });
    solo.world.run_for(300s);
    REQUIRE(solo.state() == State::master);
    solo.world.run_until(
        [&] { return !solo.adverts().empty() && solo.adverts().back().at == solo.world.now(); }, 60s);
    solo.world.run_for(100ms);
    solo.world.forget();
    const Instant at = solo.world.now();
    solo.change([](Instance& i) {
        i.advert_interval = 1s;
        i.lease = 3s;
    });
    solo.world.run_for(60s);
    CHECK(solo.world.all<Transition>("lb1").empty());
    REQUIRE_FALSE(solo.adverts().empty());
    CHECK(solo.adverts().front().at - at <= 1s);
}

TEST_CASE("rule 6: a reload after a stall does not hide the stall") {
    Solo solo([](Instance& i) { version_3(i); });
    serve(solo);
    solo.world.pause(solo.node);
    solo.world.run_for(5s);
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.100")));
    auto slower = solo.settings;
    slower.instances[0].advert_interval = GENERATE(Duration(100ms), Duration(10s));
    solo.world.reload(solo.node, slower);
    solo.world.wake(solo.node);
    solo.world.run_for(0s);
    CHECK(solo.state() == State::backup);
    CHECK(solo.adverts().empty());
}

TEST_CASE("rule 4: a peer that takes the place of another by a reload is no second router") {
    const auto unicast = [](const std::string& peer) {
        return [peer](Instance& i) {
            i.pair = true;
            i.unicast_peers = {ip(peer)};
        };
    };
    Solo solo(unicast("10.0.0.2"));
    const auto hear = [&](std::uint8_t priority, const std::string& from) {
        solo.hear(solo.advert(priority), from, "10.0.0.5");
    };
    hear(200, "10.0.0.2");
    solo.change(unicast("10.0.0.3"));
    hear(200, "10.0.0.3");
    hear(0, "10.0.0.3");
    CHECK(solo.state() == State::master);
    CHECK(solo.world.logged("lb1", "two routers were heard") == 0);
}

TEST_CASE("version 3: who yields to a slower master waits for it by its interval") {
    Solo solo([](Instance& i) {
        version_3(i);
        i.advert_interval = 100ms;
    });
    serve(solo);
    solo.world.tell(solo.node, OperatorCommand{1, OperatorCommand::Kind::handover, "VI_1", "disk", "root"});
    solo.world.run_for(50ms);
    const auto slow = [](vrrp::Advert& advert) { advert.interval = 1s; };
    solo.hear(50, "10.0.0.2", slow);
    REQUIRE(solo.state() == State::backup);
    solo.world.run_for(990ms);
    CHECK(solo.state() == State::backup);
    solo.hear(50, "10.0.0.2", slow);
    CHECK(solo.state() == State::backup);
}

TEST_CASE("version 3: an interval that was learned long ago does not outlast the own time as MASTER") {
    Solo solo([](Instance& i) {
        version_3(i);
        i.lease = 3s;
    });
    solo.hear(200, "10.0.0.2", [](vrrp::Advert& advert) { advert.interval = 40s; });
    solo.world.run_for(300s);
    REQUIRE(solo.state() == State::master);
    solo.world.pause(solo.node);
    solo.world.run_for(5s);
    solo.world.wake(solo.node);
    solo.world.run_for(0s);
    REQUIRE(solo.state() == State::backup);
    CHECK(solo.time_to(State::master) < 2s);
}

TEST_CASE("version 3: the master's interval is not forgotten when a reload changes the own") {
    Solo solo([](Instance& i) { version_3(i); });
    solo.hear(200);
    solo.change([](Instance& i) { i.advert_interval = 100ms; });
    solo.hear(0, "10.0.0.2", [](vrrp::Advert& advert) { advert.interval = 1s; });
    CHECK(solo.time_to(State::master) == 609375us);
}

TEST_CASE("version 3: in a group that steps aside a member that has heard nothing waits its own time") {
    Cluster c([](Settings& s) {
        for (auto& instance : s.instances)
            instance.version = vrrp::Version::v3;
    });
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(10500ms);
    REQUIRE(c.serves(c.lb1));
    c.world.pause(c.lb1);
    c.world.run_for(3500ms);
    vrrp::Advert advert;
    advert.version = vrrp::Version::v3;
    advert.virtual_router_id = 51;
    advert.priority = 50;
    advert.interval = 1s;
    advert.addresses = {ip(vip1)};
    const auto from = ip("10.0.2.22");
    const auto to = vrrp::multicast_group(Family::ipv4);
    const auto hear = [&](std::uint8_t priority) {
        advert.priority = priority;
        c.world.tell(c.lb1,
                     PacketReceived{c.lb1.kernel.link("enp0s3")->index, from, to, 255,
                                    vrrp::encode(advert, from, to, vrrp::ChecksumForm::pseudo_header)});
    };
    hear(50);
    c.world.wake(c.lb1);
    c.world.run_for(0s);
    REQUIRE(state(c.lb1, "VI_1") == State::backup);
    hear(0);
    c.world.run_for(1s);
    CHECK(state(c.lb1, "VI_2") == State::backup);
    c.world.run_for(3s);
    CHECK(c.serves(c.lb1));
}
