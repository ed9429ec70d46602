// SPDX-License-Identifier: Apache-2.0
// RFC 9568 §6.4.1: how a virtual router begins, and what it does when it becomes MASTER.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

TEST_CASE("6.4.1: a router that does not own its addresses listens for the master-down interval first") {
    Solo solo;
    CHECK(solo.state() == State::backup);
    CHECK(solo.adverts().empty());
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("6.4.1: an owner (255) is MASTER at once") {
    Solo solo([](Instance& i) { i.priority = 255; });
    CHECK(solo.state() == State::master);
    REQUIRE(solo.adverts().size() == 1);
    CHECK(solo.adverts().front().priority() == 255);
    CHECK(solo.holds());
}

TEST_CASE("6.1: an owner whose only address is the virtual one advertises from it and never removes it") {
    auto instance = make_instance("VI_1", "eth0", 51, 255, {});
    instance.addresses = {{ip("10.0.0.5"), 24, "eth0", {}, Scope::global, {}}};
    Solo solo(only(instance), true);
    REQUIRE(solo.state() == State::master);
    CHECK(solo.adverts().back().source == ip("10.0.0.5"));
    CHECK(solo.status().addresses == std::vector<IpAddress>{ip("10.0.0.5")});
    solo.world.tell(solo.node, StopRequested{true});
    solo.world.run_for(0s);
    CHECK(solo.node.stopped);
    CHECK(solo.holds("10.0.0.5"));
}

TEST_CASE("6.4.2: the order on becoming MASTER is advert, addresses, gratuitous ARP, publication") {
    Solo solo;
    solo.world.forget();
    solo.make_master();
    std::vector<char> order;
    for (const auto& done : solo.world.done()) {
        char kind = 0;
        if (std::holds_alternative<SendAdvert>(done.action)) kind = 'v';
        if (std::holds_alternative<AddAddress>(done.action)) kind = 'a';
        if (std::holds_alternative<SendFrame>(done.action)) kind = 'g';
        const auto* state = std::get_if<PublishState>(&done.action);
        if (state && state->status.state == State::master && !state->status.addresses.empty()) kind = 'p';
        if (kind != 0 && (order.empty() || order.back() != kind)) order.push_back(kind);
    }
    CHECK(std::string(order.begin(), order.end()) == "vagp");
    CHECK(solo.status().addresses == std::vector<IpAddress>{ip("10.0.0.100")});
    CHECK(solo.status().master == ip("10.0.0.5"));
}

TEST_CASE("6.4.3: a MASTER advertises once an interval, without drift") {
    Solo solo;
    solo.make_master();
    const Instant first = solo.adverts().front().at;
    solo.world.run_for(5s);
    const auto seen = solo.adverts();
    REQUIRE(seen.size() == 6);
    for (std::size_t i = 0; i < seen.size(); ++i)
        CHECK(seen[i].at == first + i * 1s);
    CHECK(solo.counters().adverts_sent == 6);
}

TEST_CASE("6.4.3: an advert that leaves late does not move those that follow") {
    Solo solo;
    solo.make_master();
    auto& engine = *solo.node.engine;
    const Instant due = *engine.next_deadline();
    const auto fire = [&](Instant now) {
        engine.step(TimerFired{}, now);
        engine.step(TimerFired{}, now);  // the advert has left by now
    };
    fire(due + 40ms);
    CHECK(*engine.next_deadline() == due + 1s);
    // Later than a whole interval: the missed one is left out, two in a row would say nothing new.
    fire(due + 2500ms);
    CHECK(*engine.next_deadline() == due + 3500ms);
}

TEST_CASE("startup_delay: INIT, deaf and mute until it is over") {
    Solo solo([](Instance& i) { i.startup_delay = 7s; });
    CHECK(solo.state() == State::init);
    solo.hear(50);
    CHECK(solo.discarded(vrrp::Discard::not_running) == 1);
    solo.world.run_for(6999ms);
    CHECK(solo.state() == State::init);
    solo.world.run_for(1ms);
    CHECK(solo.state() == State::backup);
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("the first configuration and the first snapshot may come in any order") {
    Solo solo(only(make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"})), false);
    solo.node.kernel.add_by_hand("eth0", ip("10.0.0.100"), 32);
    solo.node.engine = std::make_unique<Engine>();
    CHECK_FALSE(solo.node.engine->next_deadline());
    solo.world.tell(solo.node, solo.node.kernel.snapshot());
    CHECK_FALSE(solo.node.engine->next_deadline());
    solo.world.reload(solo.node, solo.settings);
    solo.world.run_for(0s);
    CHECK(solo.state() == State::backup);
    solo.make_master();
    CHECK(solo.status().addresses == std::vector<IpAddress>{ip("10.0.0.100")});
    CHECK(solo.world.logged("lb1", "was there before us") == 1);
    CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
}

TEST_CASE("a packet, a verdict and a stop before the engine knows anything do no harm") {
    World world;
    auto& node = world.add_node("lb1");
    node.engine = std::make_unique<Engine>();
    world.tell(node, PacketReceived{2, ip("10.0.0.2"), ip("224.0.0.18"), 255, Bytes{0x21}});
    world.tell(node, CheckVerdict{"haproxy", CheckState::down, {}, false});
    world.tell(node, SendFailed{"VI_1", "no"});
    world.tell(node, TimerFired{});
    CHECK_FALSE(node.engine->next_deadline());
    world.tell(node, StopRequested{});
    world.run_for(1s);
    CHECK(node.stopped);
}
