// SPDX-License-Identifier: Apache-2.0
// Rule 10 and issue 5: interfaces that go, come back, change their name or lose their address.
#include <catch2/catch.hpp>

#include "agent/vrrp/gratuitous.hpp"

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

void serve(Solo& solo) {
    solo.make_master();
    solo.world.run_for(10500ms);
    solo.world.forget();
}

void set_link(Solo& solo, bool up, bool carrier, const std::string& name = "eth0") {
    solo.world.tell(solo.node, solo.node.kernel.set_link(name, up, carrier));
    solo.world.run_for(0s);
}

}  // namespace

TEST_CASE("bad input: a missing interface: FAULT with that cause, and up by itself when it appears") {
    Solo solo([](Instance& i) {
        i.interface = "eth1";
        i.addresses.front().device = "eth1";
    });
    CHECK(solo.state() == State::fault);
    CHECK(solo.status().reason == "interface eth1 does not exist");
    CHECK(solo.world.logged("lb1", LogLevel::error, "Entering FAULT STATE: interface eth1 does not exist") ==
          1);
    solo.world.plug(solo.node, "eth1", "other", "10.0.0.7");
    solo.world.run_for(0s);
    CHECK(solo.state() == State::backup);
    CHECK(solo.time_to(State::master) == 3609375us);
    CHECK(solo.holds());
}

TEST_CASE("An instance that cannot hear is in FAULT: it would be a master beside the other") {
    Solo solo;
    serve(solo);
    solo.world.tell(solo.node, HearingChanged{"VI_1", "cannot open a raw socket: Too many open files"});
    solo.world.run_for(0s);
    CHECK(solo.state() == State::fault);
    CHECK(solo.status().reason ==
          "cannot hear advertisements: cannot open a raw socket: Too many open files");
    CHECK_FALSE(solo.holds());
    solo.world.run_for(10s);
    CHECK(solo.state() == State::fault);
    solo.world.tell(solo.node, HearingChanged{"VI_1", {}});
    solo.world.run_for(0s);
    CHECK(solo.state() == State::backup);
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("rule 10: interface down: FAULT, addresses off at once; no advert leaves a dead link") {
    Solo solo;
    serve(solo);
    SECTION("administratively") {
        set_link(solo, false, false);
        CHECK(solo.status().reason == "interface eth0 is down");
    }
    SECTION("no carrier") {
        set_link(solo, true, false);
        CHECK(solo.status().reason == "interface eth0 has no carrier");
    }
    CHECK(solo.state() == State::fault);
    CHECK_FALSE(solo.holds());
    CHECK(solo.adverts().empty());
    CHECK(solo.counters().released_master == 1);
    set_link(solo, true, true);
    CHECK(solo.state() == State::backup);
    CHECK(solo.time_to(State::master) == 3609375us);
    CHECK(solo.holds());
}

TEST_CASE("rule 15: a fault of the interface is no matter of health: no recover delay") {
    Solo solo;
    serve(solo);
    set_link(solo, true, false);
    set_link(solo, true, true);
    for (int i = 0; i < 3; ++i) {
        solo.hear(50);
        solo.world.run_for(1s);
    }
    CHECK(solo.time_to(State::master) == 609375us);
}

TEST_CASE("interface deleted and made again, with another index") {
    Solo solo;
    serve(solo);
    solo.world.tell(solo.node, solo.node.kernel.remove_link("eth0"));
    solo.world.run_for(1s);
    CHECK(solo.state() == State::fault);
    CHECK(solo.status().reason == "interface eth0 does not exist");
    CHECK(solo.status().addresses.empty());
    CHECK(solo.adverts().empty());
    solo.world.plug(solo.node, "eth0", "lan", "10.0.0.5");
    solo.world.run_for(5s);
    CHECK(solo.state() == State::master);
    CHECK(solo.holds());
    CHECK(solo.world.all<SendAdvert>("lb1").back().second.interface_index ==
          solo.node.kernel.link("eth0")->index);
}

TEST_CASE("interface deleted and made again between two turns: a backup listens first, a master goes on") {
    Cluster c([](Settings& s) { s.groups.clear(); });
    c.settle();
    auto& node = GENERATE(false, true) ? c.lb1 : c.lb2;
    c.world.run_until([&] { return !c.world.adverts("lb1", "VI_1").empty(); }, 2s);
    const Instant heard = c.world.adverts("lb1", "VI_1").back().at;
    c.cut("nat");
    c.world.run_until(heard + 3300ms);
    auto seen = node.kernel.remove_link("enp0s3");
    for (auto& input : node.kernel.add_link("enp0s3", ip(&node == &c.lb1 ? "10.0.2.21" : "10.0.2.22")))
        seen.push_back(std::move(input));
    node.lan_of[node.kernel.link("enp0s3")->index] = "nat";
    c.heal("nat");
    c.world.forget();
    c.world.tell(node, std::move(seen));
    if (&node == &c.lb1) World::kill(c.lb2);
    c.world.run_for(5s);
    CHECK(c.serves(c.lb1));
    CHECK(c.holds(c.lb1));
    CHECK(c.world.all<Transition>(node.name).empty());
}

TEST_CASE("interface deleted while a notification of an address on it is under way") {
    Solo solo;
    serve(solo);
    const int index = solo.node.kernel.link("eth0")->index;
    solo.world.tell(solo.node, LinkRemoved{index});
    solo.world.tell(solo.node, LinkRemoved{index});
    solo.world.tell(solo.node, AddressVanished{{index, ip("10.0.0.100"), 32, true, true}});
    solo.world.tell(solo.node, AddressAppeared{{index, ip("10.0.0.100"), 32, true, true}});
    solo.world.tell(solo.node, AddressRefused{index, ip("10.0.0.100"), 32, true, "No such device"});
    solo.world.run_for(1s);
    CHECK(solo.state() == State::fault);
}

TEST_CASE("interface renamed: FAULT under the old name, and nothing of ours is left under the new one") {
    Solo solo;
    serve(solo);
    solo.world.tell(solo.node, solo.node.kernel.rename_link("eth0", "lan0"));
    solo.world.run_for(0s);
    CHECK(solo.state() == State::fault);
    CHECK_FALSE(solo.holds());
    CHECK(solo.holds("10.0.0.5"));
    solo.world.tell(solo.node, solo.node.kernel.rename_link("lan0", "eth0"));
    solo.world.run_for(4s);
    CHECK(solo.state() == State::master);
    CHECK(solo.holds());
}

TEST_CASE("the address of the interface is lost: FAULT with that cause, until there is one again") {
    Solo solo;
    serve(solo);
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.5")));
    solo.world.run_for(0s);
    CHECK(solo.state() == State::fault);
    CHECK(solo.status().reason == "interface eth0 has no IPv4 address to send advertisements from");
    CHECK_FALSE(solo.holds());
    solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip("10.0.0.6"), 24));
    solo.world.run_for(4s);
    CHECK(solo.state() == State::master);
    CHECK(solo.adverts().back().source == ip("10.0.0.6"));
}

TEST_CASE("the first address of several is lost: the next is used, without any change of state") {
    Solo solo;
    serve(solo);
    solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip("10.0.0.6"), 24));
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.5")));
    solo.world.run_for(1s);
    CHECK(solo.world.all<Transition>("lb1").empty());
    CHECK(solo.adverts().back().source == ip("10.0.0.6"));
}

TEST_CASE("a virtual address is no source, even where it was set by others and is the only one") {
    Solo solo;
    solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip("10.0.0.100"), 24));
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.5")));
    solo.world.run_for(0s);
    CHECK(solo.state() == State::fault);
    CHECK(solo.status().reason == "interface eth0 has no IPv4 address to send advertisements from");
}

TEST_CASE("a configured source address that is missing: FAULT that names it") {
    Solo solo([](Instance& i) { i.source_address = ip("10.0.0.55"); });
    CHECK(solo.status().reason == "source address 10.0.0.55 is not on eth0");
    solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip("10.0.0.55"), 24));
    solo.world.run_for(5s);
    CHECK(solo.state() == State::master);
    CHECK(solo.adverts().back().source == ip("10.0.0.55"));
}

TEST_CASE(
    "5.1.2.1: IPv6 adverts come from the link-local address, once it is usable, never from a virtual one") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"fe80::100", "2001:db8::100"});
    instance.version = vrrp::Version::v3;
    Solo solo(only(instance), true);
    CHECK(solo.status().reason ==
          "interface eth0 has no IPv6 link-local address to send advertisements from");
    const int index = solo.node.kernel.link("eth0")->index;
    solo.world.tell(solo.node, AddressAppeared{{index, ip("2001:db8::5"), 64, false, true}});
    solo.world.tell(solo.node, AddressAppeared{{index, ip("fe80::5"), 64, false, false}});
    solo.world.run_for(1s);
    CHECK(solo.state() == State::fault);
    solo.world.tell(solo.node, AddressAppeared{{index, ip("fe80::5"), 64, false, true}});
    solo.world.run_for(5s);
    REQUIRE(solo.state() == State::master);
    CHECK(solo.adverts().back().source == ip("fe80::5"));
    CHECK(solo.adverts().back().destination == ip("ff02::12"));
    CHECK(solo.adverts().back().decoded.advert.addresses ==
          std::vector{ip("fe80::100"), ip("2001:db8::100")});
    const auto frames = solo.world.all<SendFrame>("lb1");
    REQUIRE_FALSE(frames.empty());
    CHECK(frames.front().second.frame[12] == 0x86);
    CHECK(frames.front().second.frame[13] == 0xdd);
}

TEST_CASE("IPv6 unicast comes from an address like those of the peers: they list us by it") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"2001:db8::100"});
    instance.version = vrrp::Version::v3;
    const bool local = GENERATE(true, false);
    instance.unicast_peers = {ip(local ? "fe80::6" : "2001:db8::6")};
    Solo solo(only(instance), true);
    const int index = solo.node.kernel.link("eth0")->index;
    solo.world.tell(solo.node,
                    AddressAppeared{{index, ip(local ? "2001:db8::5" : "fe80::5"), 64, false, true}});
    solo.world.run_for(0s);
    CHECK(solo.status().reason ==
          (local ? "interface eth0 has no IPv6 link-local address to send advertisements from"
                 : "interface eth0 has no global IPv6 address to send advertisements from"));
    solo.world.tell(solo.node,
                    AddressAppeared{{index, ip(local ? "fe80::5" : "2001:db8::5"), 64, false, true}});
    solo.world.run_for(5s);
    REQUIRE(solo.state() == State::master);
    CHECK(solo.adverts().back().source == ip(local ? "fe80::5" : "2001:db8::5"));
    CHECK(solo.adverts().back().destination == instance.unicast_peers.front());
}

TEST_CASE("debounce: a link that is down for less does not count, and nothing is sent into it") {
    Solo solo([](Instance& i) { i.debounce = 2s; });
    serve(solo);
    set_link(solo, true, false);
    solo.world.run_for(1999ms);
    CHECK(solo.state() == State::master);
    CHECK(solo.adverts().empty());
    SECTION("it comes back: no change, and the adverts go on") {
        set_link(solo, true, true);
        solo.world.run_for(2s);
        CHECK(solo.world.all<Transition>("lb1").empty());
        CHECK(solo.adverts().size() == 2);
    }
    SECTION("it stays down") {
        solo.world.run_for(1ms);
        CHECK(solo.state() == State::fault);
    }
}

TEST_CASE("debounce: who hears nobody for want of a link does not take over, and listens when it is back") {
    Cluster c([](Settings& s) {
        for (auto& instance : s.instances) {
            instance.debounce = 10s;
            instance.lease = 3s;
        }
    });
    c.settle();
    auto& cut_off = GENERATE(true, false) ? c.lb1 : c.lb2;
    auto& other = &cut_off == &c.lb1 ? c.lb2 : c.lb1;
    const auto set_carrier = [&](bool carrier) {
        for (const auto* link : {"enp0s3", "enp0s8"})
            c.world.tell(cut_off, cut_off.kernel.set_link(link, true, carrier));
    };
    set_carrier(false);
    c.world.run_for(9s);
    CHECK(state(cut_off, "VI_1") == State::backup);
    CHECK(c.serves(other));
    CHECK_FALSE(cut_off.kernel.holds(ip(vip1)));
    set_carrier(true);
    c.world.run_for(999ms);
    CHECK_FALSE(cut_off.kernel.holds(ip(vip1)));
    World::kill(other);
    c.world.run_for(4s);
    CHECK(c.serves(cut_off));
}

TEST_CASE("two interfaces that have swapped their names while the kernel was not heard are both known") {
    Cluster c;
    c.settle();
    auto& kernel = c.lb1.kernel;
    const int before = kernel.link("enp0s3")->index;
    kernel.rename_link("enp0s3", "swap");
    kernel.rename_link("enp0s8", "enp0s3");
    kernel.rename_link("swap", "enp0s8");
    c.world.tell(c.lb1, kernel.snapshot());
    c.world.run_for(5s);
    CHECK(c.serves(c.lb1));
    CHECK(c.world.adverts("lb1", "VI_2").back().source == ip("10.0.2.21"));
    CHECK(c.world.all<SendAdvert>("lb1").back().second.interface_index == before);
}

TEST_CASE(
    "rule 3: a link that comes back, or with another MAC, has been forgotten: its addresses are announced "
    "again") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"});
    instance.addresses_excluded = {virtual_address("10.1.0.100", "eth1")};
    Solo solo(only(instance), false);
    solo.world.plug(solo.node, "eth1", "other", "10.1.0.5");
    solo.boot();
    serve(solo);
    const auto announced = [&] {
        std::vector<SendFrame> frames;
        for (const auto& [at, frame] : solo.world.all<SendFrame>("lb1"))
            frames.push_back(frame);
        return frames;
    };
    auto link = *solo.node.kernel.link("eth1");
    SECTION("with carrier") {
        set_link(solo, true, false, "eth1");
        CHECK(announced().empty());
        set_link(solo, true, true, "eth1");
    }
    SECTION("up") {
        set_link(solo, false, false, "eth1");
        set_link(solo, true, true, "eth1");
    }
    SECTION("with another MAC") {
        link.mac.bytes[5] = 0x77;
        solo.world.tell(solo.node, LinkChanged{link});
        solo.world.run_for(0s);
    }
    SECTION("after an overrun, for all that is known") {
        set_link(solo, true, false, "eth1");
        auto snapshot = solo.node.kernel.snapshot();
        for (auto& each : snapshot.links)
            each.carrier = true;
        solo.world.tell(solo.node, snapshot);
        solo.world.run_for(0s);
    }
    const auto frames = announced();
    REQUIRE(frames.size() == 5);
    CHECK(frames.front().interface_index == link.index);
    CHECK(frames.front().frame == vrrp::gratuitous_arp(link.mac, ip("10.1.0.100")));
    solo.world.run_for(60s);
    CHECK(announced().size() == 5);
    CHECK(solo.world.all<Transition>("lb1").empty());
}

TEST_CASE("issue 5: an interface that is tracked without weight: FAULT, with priority 0 on the own link") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"});
    instance.interfaces = {{"eth1", std::nullopt}};
    Solo solo(only(instance), false);
    solo.world.plug(solo.node, "eth1", "other", "10.1.0.5");
    solo.boot();
    serve(solo);
    SECTION("down") {
        set_link(solo, true, false, "eth1");
        CHECK(solo.status().reason == "interface eth1 is down");
    }
    SECTION("gone") {
        solo.world.tell(solo.node, solo.node.kernel.remove_link("eth1"));
        solo.world.run_for(0s);
        CHECK(solo.status().reason == "interface eth1 does not exist");
    }
    CHECK(solo.state() == State::fault);
    REQUIRE(solo.adverts().size() == 1);
    CHECK(solo.adverts()[0].priority() == 0);
    CHECK_FALSE(solo.holds());
}

TEST_CASE("issue 5: an interface that is tracked with a weight changes the priority, after its debounce") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"});
    instance.interfaces = {{"eth1", -40}};
    instance.debounce = 3s;
    Solo solo(only(instance), false);
    solo.world.plug(solo.node, "eth1", "other", "10.1.0.5");
    solo.boot();
    serve(solo);
    set_link(solo, false, false, "eth1");
    CHECK(solo.status().effective_priority == 100);
    solo.world.run_for(3s);
    CHECK(solo.status().effective_priority == 60);
    CHECK(solo.state() == State::master);
    set_link(solo, true, true, "eth1");
    CHECK(solo.status().effective_priority == 100);
}

TEST_CASE("rule 21: what the MTU does not hold is not advertised, but set; and a warning says so once") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {});
    for (int i = 0; i < 20; ++i)
        instance.addresses.push_back(virtual_address("10.0.1." + std::to_string(i), "eth0"));
    Solo solo(only(instance), true);
    solo.world.tell(solo.node, solo.node.kernel.set_mtu("eth0", 76));
    serve(solo);
    solo.world.run_for(2s);
    const auto capacity = vrrp::address_capacity(vrrp::Version::v2, Family::ipv4, 76);
    REQUIRE(capacity < 20);
    CHECK(solo.adverts().back().decoded.advert.addresses.size() == capacity);
    CHECK(solo.adverts().back().decoded.advert.addresses.front() == ip("10.0.1.0"));
    CHECK(solo.status().addresses.size() == 20);
    solo.world.tell(solo.node, solo.node.kernel.set_mtu("eth0", 80));
    solo.world.run_for(3s);
    const auto words = "the last " + std::to_string(19 - capacity) + " are set, but not advertised";
    CHECK(solo.world.logged("lb1", LogLevel::warning, words) == 1);
}

TEST_CASE("interface renamed to the name that is configured: what stood on it is foreign, and served") {
    Solo solo([](Instance& i) {
        i.interface = "lan0";
        i.addresses.front().device = "lan0";
    });
    solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip("10.0.0.100"), 32));
    solo.world.tell(solo.node, solo.node.kernel.rename_link("eth0", "lan0"));
    solo.world.run_for(5s);
    CHECK(solo.state() == State::master);
    CHECK(solo.status().addresses == std::vector<IpAddress>{ip("10.0.0.100")});
    CHECK(solo.world.logged("lb1", LogLevel::warning, "was there before us") >= 1);
}

TEST_CASE("rule 21: 255 addresses are advertised, the rest is set like excluded ones") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {});
    for (int i = 0; i < 300; ++i)
        instance.addresses.push_back(
            virtual_address("10.0." + std::to_string(1 + i / 250) + "." + std::to_string(i % 250), "eth0"));
    Solo solo(only(instance), true);
    serve(solo);
    solo.world.run_for(2s);
    CHECK(solo.adverts().back().decoded.advert.addresses.size() == 255);
    CHECK(solo.status().addresses.size() == 300);
    CHECK(solo.world.logged("lb1", LogLevel::warning, "the last 45 are set, but not advertised") == 0);
    // The peer's list is cut in the same way: no difference.
    solo.hear(solo.adverts().back().decoded.advert, "10.0.0.2", "224.0.0.18");
    CHECK(solo.counters().adverts_received == 1);
    CHECK(solo.world.logged("lb1", "differ from ours") == 0);
}
