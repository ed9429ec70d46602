// SPDX-License-Identifier: Apache-2.0
// RFC 9568 §6.4.3: what a MASTER does with what it hears; rules 2 and 3.
#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

/// A MASTER past its second burst, half-way between two adverts, with an empty record.
void serve(Solo& solo) {
    solo.make_master();
    solo.world.run_for(10500ms);
    solo.world.forget();
}

}  // namespace

TEST_CASE("6.4.3: priority 0 is answered with an advert at once, and the timer starts anew") {
    Solo solo;
    serve(solo);
    const Instant at = solo.world.now();
    solo.hear(0);
    REQUIRE(solo.adverts().size() == 1);
    CHECK(solo.adverts()[0].at == at);
    solo.world.run_for(1s);
    REQUIRE(solo.adverts().size() == 2);
    CHECK(solo.adverts()[1].at == at + 1s);
    CHECK(solo.state() == State::master);
}

TEST_CASE("rule 2: a higher priority: one last advert with the own priority, then the addresses go") {
    Solo solo;
    serve(solo);
    solo.hear(101);
    CHECK(solo.state() == State::backup);
    REQUIRE(solo.adverts().size() == 1);
    CHECK(solo.adverts()[0].priority() == 100);
    CHECK_FALSE(solo.holds());
    CHECK(solo.counters().priority_zero_sent == 0);
    CHECK(solo.counters().released_master == 1);
    CHECK(solo.status().reason == "10.0.0.2 advertises priority 101, ours is 100");
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("6.4.3: equal priority is decided by the address") {
    Solo solo;
    serve(solo);
    SECTION("higher wins") {
        solo.hear(100, "10.0.0.6");
        CHECK(solo.state() == State::backup);
    }
    SECTION("lower loses and is answered") {
        solo.hear(100, "10.0.0.4");
        CHECK(solo.state() == State::master);
        CHECK(solo.adverts().size() == 1);
    }
    SECTION("compared as unsigned numbers in network byte order") {
        solo.hear(100, "200.0.0.1");
        CHECK(solo.state() == State::backup);
    }
}

TEST_CASE("7.1: an advert from our own address is a loop or a clone: discarded, told once") {
    Solo solo;
    serve(solo);
    solo.hear(200, "10.0.0.5");
    solo.hear(200, "10.0.0.5");
    CHECK(solo.state() == State::master);
    CHECK(solo.discarded(vrrp::Discard::looped) == 2);
    CHECK(solo.world.logged("lb1", "discarded an advertisement from 10.0.0.5") == 1);
}

TEST_CASE("6.4.3, rule 3: a losing advert is answered at once and the addresses are announced again") {
    Solo solo;
    serve(solo);
    const Instant at = solo.world.now();
    solo.hear(50);
    REQUIRE(solo.adverts().size() == 1);
    CHECK(solo.adverts()[0].at == at);
    CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
    SECTION("a second within the second: an advert, but no burst") {
        solo.world.run_for(900ms);
        solo.hear(50);
        CHECK(solo.adverts().size() == 2);
        CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
    }
    SECTION("a second after a second: both") {
        solo.world.run_for(1s);
        solo.hear(50);
        CHECK(solo.world.all<SendFrame>("lb1").size() == 10);
    }
    SECTION("a flood of 10000 in a second is answered a hundred times, never delaying the own adverts") {
        for (int i = 0; i < 10'000; ++i) {
            solo.hear(50);
            solo.world.run_for(100us);
        }
        CHECK(solo.adverts().size() <= 102);
        CHECK(solo.world.all<SendFrame>("lb1").size() <= 10);
        solo.world.run_for(1s);
        CHECK(solo.world.now() - solo.adverts().back().at <= 1s);
    }
}

TEST_CASE("8.3.2, erratum 8298: an owner does not obey, but counts and tells") {
    Solo solo([](Instance& i) { i.priority = 255; });
    serve(solo);
    solo.hear(255, "10.0.0.9");
    CHECK(solo.state() == State::master);
    CHECK(solo.discarded(vrrp::Discard::owner) == 1);
    CHECK(solo.world.logged("lb1", LogLevel::warning, "discarded an advertisement from 10.0.0.9") == 1);
}

TEST_CASE(
    "8.3.2, rule 3: who claimed the addresses of an owner has taught the network: they are announced again") {
    Solo solo([](Instance& i) { i.priority = 255; });
    serve(solo);
    SECTION("it still does") {
        solo.hear(100);
        CHECK(solo.discarded(vrrp::Discard::owner) == 1);
        CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
        solo.hear(100);
        CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
        solo.world.run_for(1s);
        CHECK(solo.world.all<SendFrame>("lb1").size() == 10);
    }
    SECTION("it is leaving") {
        solo.hear(0);
        CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
    }
    SECTION("a burst that was held back does not wait for the next advert") {
        solo.change([](Instance& i) { i.advert_interval = 10s; });
        solo.world.run_for(15s);
        for (int i = 0; i < 2; ++i)
            solo.hear(100);
        solo.world.run_for(1s);
        CHECK(solo.world.all<SendFrame>("lb1").size() == 10);
    }
    SECTION("two owners would announce against each other for ever") {
        solo.hear(255, "10.0.0.9");
        CHECK(solo.world.all<SendFrame>("lb1").empty());
    }
    SECTION("it claims others beside them") {
        solo.hear(100, "10.0.0.2", [](vrrp::Advert& a) { a.addresses.push_back(ip("10.0.0.222")); });
        CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
    }
    SECTION("another virtual router on our VRID claims other addresses") {
        solo.hear(100, "10.0.0.2", [](vrrp::Advert& a) { a.addresses = {ip("10.0.0.222")}; });
        CHECK(solo.world.all<SendFrame>("lb1").empty());
    }
    CHECK(solo.state() == State::master);
    CHECK(solo.world.all<Transition>("lb1").empty());
}

TEST_CASE("rule 21: the owner's 255 is never changed by weights") {
    auto instance = make_instance("VI_1", "eth0", 51, 255, {"10.0.0.100"});
    instance.interfaces = {{"eth9", -50}};
    Solo solo(only(instance), true);
    CHECK(solo.status().effective_priority == 255);
}

TEST_CASE("6.4.3: a second stop at once ends with priority 0 and without addresses") {
    Solo solo;
    serve(solo);
    solo.world.tell(solo.node, StopRequested{true});
    solo.world.run_for(0s);
    CHECK(solo.node.stopped);
    CHECK_FALSE(solo.holds());
    REQUIRE(solo.adverts().size() == 1);
    CHECK(solo.adverts()[0].priority() == 0);
}

TEST_CASE("a failure to send is counted and told once a minute") {
    Solo solo;
    serve(solo);
    for (int i = 0; i < 59; ++i) {
        solo.world.tell(solo.node, SendFailed{"VI_1", "Network is unreachable"});
        solo.world.run_for(1s);
    }
    CHECK(solo.counters().send_failures == 59);
    CHECK(solo.world.logged("lb1", LogLevel::error, "Network is unreachable") == 1);
    solo.world.run_for(1s);
    solo.world.tell(solo.node, SendFailed{"VI_1", "Network is unreachable"});
    CHECK(solo.world.logged("lb1", LogLevel::error, "Network is unreachable") == 2);
}

TEST_CASE("an advert that has reached no peer is tried again after a tenth of its interval") {
    const std::size_t failures = GENERATE(1U, 2U);
    Solo solo([](Instance& i) { i.unicast_peers = {ip("10.0.0.2"), ip("10.0.0.3")}; });
    serve(solo);
    bool failed = false;
    solo.world.watch = [&](const Node&, const Input&, const Actions& actions) {
        const bool sends = std::any_of(actions.begin(), actions.end(), [](const Action& action) {
            return std::holds_alternative<SendAdvert>(action);
        });
        if (!sends || std::exchange(failed, true)) return;
        for (std::size_t i = 0; i < failures; ++i)
            solo.world.tell(solo.node, SendFailed{"VI_1", "Network is unreachable"});
    };
    solo.world.run_until([&] { return failed; }, 1s);
    solo.world.run_for(100ms);
    CHECK(solo.adverts().size() == 2 * failures);
}

TEST_CASE("rule 18: SIGUSR2 logs the full state of each instance") {
    Solo solo;
    serve(solo);
    solo.hear(50);
    solo.hear(200, "10.0.0.5");
    auto foreign = solo.advert(50);
    foreign.virtual_router_id = 77;
    solo.hear(foreign, "10.0.0.2", "224.0.0.18");
    solo.world.tell(solo.node, DumpRequested{});
    CHECK(solo.world.logged("lb1", "MASTER, priority 100 (100)") == 1);
    CHECK(solo.world.logged("lb1", "could not leave") == 0);
    CHECK(solo.world.logged("lb1", "addresses put back") == 0);
    solo.world.forget();
    for (int i = 0; i < 3; ++i)
        solo.world.tell(solo.node, SendFailed{"VI_1", "Network is unreachable"});
    for (int i = 0; i < 2; ++i) {
        solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.100")));
        solo.world.run_for(100ms);
    }
    solo.hear(200, "10.0.0.2");
    solo.world.tell(solo.node, DumpRequested{});
    CHECK(solo.world.logged("lb1", "BACKUP, priority 100 (100)") == 1);
    CHECK(solo.world.logged("lb1", "; adverts that could not leave 3; addresses put back 2; discarded 1") ==
          1);
    CHECK(solo.world.logged("lb1", "master is 10.0.0.2") == 1);
    CHECK(solo.world.logged("lb1", "discarded 1 looped") == 1);
    CHECK(solo.world.logged("lb1", "for no instance: discarded 1 unknown_vrid") == 1);
    CHECK_FALSE(solo.node.engine->counters("VI_9"));
}

TEST_CASE("rule 18: SIGUSR2 tells groups, what an operator has asked for, and what each check counts as") {
    using Kind = OperatorCommand::Kind;
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"});
    instance.checks = {{"web", {}, OnDown::last_resort}, {"db", {}, OnDown::last_resort}};
    auto settings = only(instance);
    settings.groups.push_back({"SG1", {"VI_1"}, {}});
    settings.checks = {make_check("web"), make_check("db")};
    Solo solo(settings, true);
    const auto dump = [&] {
        solo.world.forget();
        solo.world.tell(solo.node, DumpRequested{});
    };
    const auto command = [&](Kind kind, const std::string& target, const std::string& reason) {
        OperatorCommand asked;
        asked.kind = kind;
        asked.target = target;
        asked.reason = reason;
        asked.up = true;
        asked.lasts = 60s;
        solo.world.tell(solo.node, asked);
    };
    dump();
    CHECK(solo.world.logged("lb1", "; group SG1") == 1);
    CHECK(solo.world.logged("lb1", "held until") == 0);
    CHECK(solo.world.logged("lb1", "check web: PENDING") == 1);
    CHECK(solo.world.logged("lb1", "aintenance") == 0);
    solo.world.tell(solo.node, CheckVerdict{"web", CheckState::up, "fine", false});
    solo.world.tell(solo.node, CheckVerdict{"db", CheckState::down, "refused", false});
    solo.make_master();
    dump();
    CHECK(solo.world.logged("lb1", "check web: UP: fine") == 1);
    CHECK(solo.world.logged("lb1", "check db: DOWN: refused") == 1);
    CHECK(solo.world.logged("lb1", "; last resort: check db DOWN: refused") == 1);
    solo.world.tell(solo.node, CheckVerdict{"web", CheckState::unknown, "no answer", false});
    command(Kind::override_check, "db", {});
    command(Kind::handover, "SG1", "new disk");
    solo.hear(200);
    solo.world.run_for(10ms);
    command(Kind::maintenance_on, {}, "new disk");
    dump();
    CHECK(solo.world.logged("lb1", "check web: UP, stale: no answer") == 1);
    CHECK(solo.world.logged("lb1", "check db: UP: overridden") == 1);
    CHECK(solo.world.logged("lb1", "; held until it is released") == 1);
    CHECK(solo.world.logged("lb1", "in maintenance: new disk") == 1);
}

TEST_CASE("a packet of an interface that the kernel has not told of is ignored") {
    Solo solo;
    const auto message =
        vrrp::encode(solo.advert(200), ip("10.0.0.2"), ip("224.0.0.18"), vrrp::ChecksumForm::pseudo_header);
    solo.world.tell(solo.node, PacketReceived{99, ip("10.0.0.2"), ip("224.0.0.18"), 255, message});
    CHECK(solo.counters().adverts_received == 0);
}

TEST_CASE(
    "rule 3: a losing advert is told as a second master, once a minute, but not the last word of a loser") {
    Solo solo;
    solo.make_master();
    solo.hear(50);  // in the instant of our takeover
    CHECK(solo.world.logged("lb1", "two masters") == 0);
    solo.world.run_for(2s);
    for (unsigned i = 0; i < 30; ++i) {
        solo.hear(50);
        solo.world.run_for(1s);
    }
    CHECK(solo.world.logged("lb1", LogLevel::warning, "two masters: 10.0.0.2 advertises priority 50") == 1);
    solo.world.run_for(2s);
    solo.hear(50);
    CHECK(solo.world.logged("lb1", "two masters") == 1);
    // Longer than a peer may be silent: another partition has healed.
    solo.world.run_for(4s);
    solo.hear(50);
    CHECK(solo.world.logged("lb1", "two masters") == 2);
}

TEST_CASE("rule 3: a burst within a second of the last is held back, not left out") {
    Solo solo;
    solo.make_master();
    solo.world.run_for(10s);
    solo.hear(50);
    solo.world.run_for(300ms);
    solo.world.forget();
    solo.hear(50);
    solo.world.run_for(699ms);
    CHECK(solo.world.all<SendFrame>("lb1").empty());
    solo.world.run_for(1ms);
    CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
    solo.world.forget();
    solo.world.run_for(10s);
    CHECK(solo.world.all<SendFrame>("lb1").empty());
}

TEST_CASE("6.4.3: a flood of priority 0 is answered as one of losing adverts is, and the last one too") {
    Solo solo;
    serve(solo);
    for (int i = 0; i < 1000; ++i)
        solo.hear(0);
    CHECK(solo.adverts().size() <= 2);
    const Instant last = solo.world.now();
    solo.world.run_for(20ms);
    CHECK(solo.adverts().back().at > last);
    CHECK(solo.adverts().size() <= 3);
    for (int i = 0; i < 10'000; ++i) {
        solo.hear(0);
        solo.world.run_for(100us);
    }
    CHECK(solo.adverts().size() <= 210);
}
