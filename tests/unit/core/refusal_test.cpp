// SPDX-License-Identifier: Apache-2.0
// Rule 11: the kernel refuses an address. Honest, patient, and never a game between two nodes.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

/// The master of the reference cluster after lb1's kernel has begun to refuse VIP1.
void refuse(Node& node) {
    node.kernel.refuses_to_add.insert(ip(vip1));
}

std::size_t moves(const World& world) {
    return became_master(world, "lb1", "VI_1") + became_master(world, "lb2", "VI_1");
}

}  // namespace

TEST_CASE("rule 11: a refused address: FAULT at once, with the kernel's words and priority 0") {
    Solo solo;
    solo.node.kernel.refuses_to_add.insert(ip("10.0.0.100"));
    solo.world.run_until([&] { return became_master(solo.world, "lb1", "VI_1") == 1; }, 5s);
    CHECK(solo.state() == State::fault);
    CHECK(solo.status().reason == "the kernel refused 10.0.0.100/32 on eth0: Operation not permitted");
    CHECK(solo.world.logged("lb1", LogLevel::error, "the kernel refused 10.0.0.100/32") >= 1);
    REQUIRE(solo.adverts().size() == 2);
    CHECK(solo.adverts()[1].priority() == 0);
    CHECK(solo.world.all<SendFrame>("lb1").empty());
}

TEST_CASE("rule 11: nobody else is heard for peer_down + 1 s: serve what the kernel accepts, DEGRADED") {
    Solo solo([](Instance& i) { i.addresses.push_back(virtual_address("10.0.0.101", "eth0")); });
    solo.node.kernel.refuses_to_add.insert(ip("10.0.0.100"));
    solo.world.run_until([&] { return became_master(solo.world, "lb1", "VI_1") == 1; }, 5s);
    const Instant refused = solo.world.now();
    CHECK(solo.state() == State::fault);
    CHECK(solo.time_to(State::master) == 4s);
    solo.world.run_for(0s);
    CHECK(solo.status().degraded);
    CHECK(solo.status().reason.find("degraded") != std::string::npos);
    CHECK(solo.status().effective_priority == 1);
    CHECK_FALSE(solo.holds("10.0.0.100"));
    CHECK(solo.holds("10.0.0.101"));
    CHECK(solo.status().addresses == std::vector<IpAddress>{ip("10.0.0.101")});
    SECTION("it stays so") {
        solo.world.run_for(600s);
        CHECK(became_master(solo.world, "lb1", "VI_1") == 2);
        CHECK(solo.state() == State::master);
    }
    SECTION("it tries again at once when another address comes to the interface: the cause may be gone") {
        solo.world.run_for(200s);
        solo.node.kernel.refuses_to_add.clear();
        solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip("fd00::5"), 64));
        solo.world.run_for(0s);
        CHECK_FALSE(solo.holds("10.0.0.100"));
        solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip("10.0.0.6"), 24));
        solo.world.run_for(0s);
        CHECK(solo.holds("10.0.0.100"));
        CHECK_FALSE(solo.status().degraded);
    }
    SECTION("but not with each while others set addresses all the time") {
        solo.world.run_for(200s);
        solo.world.forget();
        solo.come_and_go("eth0", "10.0.0.6");
        CHECK(solo.world.all<AddAddress>("lb1").size() <= 6);
    }
    SECTION("it tries again after 1 s, doubling to 60 s") {
        solo.world.forget();
        const Instant begin = solo.world.now();
        solo.world.run_for(300s);
        std::vector<Duration> gaps;
        Instant last = begin;
        for (const auto& [at, add] : solo.world.all<AddAddress>("lb1")) {
            gaps.push_back(at - last);
            last = at;
        }
        REQUIRE(gaps.size() >= 8);
        const std::vector<Duration> wanted{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
        gaps.resize(wanted.size());
        CHECK(gaps == wanted);
    }
    SECTION("the kernel accepts again: complete, with its own priority, nothing lost") {
        solo.world.run_for(5s);
        solo.world.forget();
        solo.node.kernel.refuses_to_add.clear();
        solo.world.run_for(70s);
        CHECK(solo.holds("10.0.0.100"));
        CHECK_FALSE(solo.status().degraded);
        CHECK(solo.status().effective_priority == 100);
        CHECK(solo.world.all<Transition>("lb1").empty());
        CHECK(solo.world.all<RemoveAddress>("lb1").empty());
    }
    SECTION("a healthy node appears: it takes over, and we are BACKUP") {
        solo.hear(50);
        CHECK(solo.state() == State::backup);
        CHECK_FALSE(solo.status().degraded);
        CHECK_FALSE(solo.holds("10.0.0.101"));
    }
    CHECK(refused < solo.world.now());
}

TEST_CASE("rule 11: a healthy peer serves; the refused node comes back as BACKUP with priority 1") {
    Cluster c;
    c.settle();
    c.world.tell(c.lb1, StopRequested{});
    c.world.run_for(5s);
    refuse(c.lb1);
    c.world.start(c.lb1, c.settings1);
    c.world.run_until([&] { return became_master(c.world, "lb1", "VI_1") == 1; }, 10s);
    CHECK(state(c.lb1, "VI_1") == State::fault);
    CHECK(state(c.lb1, "VI_2") == State::fault);
    c.world.run_for(8s);
    CHECK(c.serves(c.lb2));
    CHECK(c.holds(c.lb2));
    CHECK(state(c.lb1, "VI_1") == State::backup);
    CHECK(status(c.lb1, "VI_1").effective_priority == 1);
    CHECK(status(c.lb1, "VI_1").reason == "another master serves what the kernel has refused here");
}

TEST_CASE("rules 11, 15: a refused node tries its luck less and less often while a healthy one serves") {
    Cluster c;
    c.settle();
    refuse(c.lb1);
    c.world.tell(c.lb1, StopRequested{});
    c.world.run_for(5s);
    c.world.forget();
    c.world.start(c.lb1, c.settings1);
    c.world.run_for(600s);
    // 10, 20, 40, 80, 160, 300 s of recover delay: at most six tries in ten minutes.
    CHECK(became_master(c.world, "lb1", "VI_1") <= 6);
    CHECK(c.serves(c.lb2));
}

TEST_CASE("rule 11: two nodes with the same refusal do not play ping-pong") {
    const bool pair = GENERATE(false, true);
    Cluster c([pair](Settings& s) {
        for (auto& instance : s.instances)
            instance.pair = pair;
    });
    SECTION("from the start") {
        refuse(c.lb1);
        refuse(c.lb2);
        c.world.start(c.lb1, c.settings1);
        c.world.start(c.lb2, c.settings2);
    }
    SECTION("while one serves: the address is deleted and refused from then on") {
        c.settle();
        refuse(c.lb1);
        refuse(c.lb2);
        c.world.tell(c.lb1, c.lb1.kernel.remove_by_hand(ip(vip1)));
    }
    c.world.run_for(60s);
    const std::size_t first_minute = moves(c.world);
    CHECK(first_minute <= 3);
    c.world.run_for(540s);
    INFO("moves " << moves(c.world));
    CHECK(moves(c.world) - first_minute <= 1);
    // Exactly one serves what the kernel accepts, and says so.
    CHECK(c.serves(c.lb1) != c.serves(c.lb2));
    const Node& server = c.serves(c.lb1) ? c.lb1 : c.lb2;
    CHECK(status(server, "VI_1").degraded);
    CHECK(server.kernel.holds(ip(vip2)));
}

TEST_CASE("rule 11: an address on a device that does not exist is refused like any other, until it appears") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"});
    instance.addresses_excluded = {virtual_address("10.5.0.1", "eth5")};
    Solo solo(only(instance), true);
    solo.world.run_until([&] { return became_master(solo.world, "lb1", "VI_1") == 1; }, 5s);
    CHECK(solo.state() == State::fault);
    CHECK(solo.status().reason.find("interface eth5 does not exist") != std::string::npos);
    solo.world.run_for(10s);
    CHECK(solo.status().degraded);
    CHECK(solo.holds());
    solo.world.plug(solo.node, "eth5", "five", "10.5.0.9");
    solo.world.run_for(0s);
    CHECK(solo.holds("10.5.0.1"));
    CHECK_FALSE(solo.status().degraded);
}

TEST_CASE("rule 11: an owner that is refused listens, and stays away while another serves") {
    Solo solo([](Instance& i) { i.priority = 255; });
    solo.world.run_for(10s);
    solo.node.kernel.refuses_to_add.insert(ip("10.0.0.100"));
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.100")));
    solo.world.run_for(500ms);
    REQUIRE(solo.state() == State::fault);
    for (int i = 0; i < 9; ++i) {
        solo.hear(50);
        solo.world.run_for(1s);
    }
    CHECK(solo.state() == State::backup);
    CHECK(solo.status().master == ip("10.0.0.2"));
}

TEST_CASE("rule 11: a reload that removes the refused address ends the fault at once") {
    Solo solo([](Instance& i) { i.addresses.push_back(virtual_address("10.0.0.101", "eth0")); });
    solo.node.kernel.refuses_to_add.insert(ip("10.0.0.101"));
    solo.world.run_until([&] { return became_master(solo.world, "lb1", "VI_1") == 1; }, 5s);
    REQUIRE(solo.state() == State::fault);
    solo.hear(200);
    solo.change([](Instance& i) { i.addresses.pop_back(); });
    CHECK(solo.state() == State::backup);
}

TEST_CASE("rule 11: a master that advertises more slowly than we would is still heard") {
    Solo solo([](Instance& i) {
        i.version = vrrp::Version::v3;
        i.advert_interval = 100ms;
    });
    solo.node.kernel.refuses_to_add.insert(ip("10.0.0.100"));
    solo.world.run_until([&] { return became_master(solo.world, "lb1", "VI_1") == 1; }, 5s);
    for (int i = 0; i < 20; ++i) {
        solo.hear(200, "10.0.0.2", [](vrrp::Advert& advert) { advert.interval = 3s; });
        solo.world.run_for(3s);
    }
    CHECK(became_master(solo.world, "lb1", "VI_1") == 1);
    solo.world.run_for(20s);
    CHECK(solo.status().degraded);
}
