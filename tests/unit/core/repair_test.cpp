// SPDX-License-Identifier: Apache-2.0
// Rule 8: whose address it is, and what happens when somebody else touches it.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

const char* const vip = "10.0.0.100";

void serve(Solo& solo) {
    solo.make_master();
    solo.world.run_for(10500ms);
    solo.world.forget();
}

void remove_by_hand(Solo& solo) {
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip(vip)));
    solo.world.run_for(0s);
}

}  // namespace

TEST_CASE(
    "rule 8: an address of ours that others delete is back at once, announced, without a change of state") {
    Solo solo;
    serve(solo);
    const Instant at = solo.world.now();
    remove_by_hand(solo);
    CHECK(solo.holds());
    CHECK(solo.world.all<AddAddress>("lb1").front().first == at);
    CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
    CHECK(solo.world.all<Transition>("lb1").empty());
    CHECK(solo.adverts().empty());
    CHECK(solo.counters().address_repairs == 1);
    CHECK(solo.world.logged("lb1", LogLevel::warning,
                            "10.0.0.100/32 on eth0 was deleted by another program; put back at once") == 1);
}

TEST_CASE("rule 8: more than ten times a minute is slower, and the log names the address") {
    Solo solo;
    serve(solo);
    for (int i = 0; i < 10; ++i) {
        remove_by_hand(solo);
        CHECK(solo.holds());
        solo.world.run_for(100ms);
    }
    remove_by_hand(solo);
    CHECK_FALSE(solo.holds());
    CHECK(solo.state() == State::master);
    CHECK(solo.world.logged("lb1", LogLevel::warning,
                            "10.0.0.100/32 on eth0 was deleted by another program; "
                            "deleted more than 10 times in a minute") == 1);
    solo.world.run_for(999ms);
    CHECK_FALSE(solo.holds());
    solo.world.run_for(1ms);
    CHECK(solo.holds());
    SECTION("and again slowly while it goes on") {
        remove_by_hand(solo);
        CHECK_FALSE(solo.holds());
    }
    SECTION("at once again when it has been quiet for a minute") {
        solo.world.run_for(61s);
        remove_by_hand(solo);
        CHECK(solo.holds());
    }
}

TEST_CASE("rule 8: an address that stood there before us is served, announced, and never removed") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {vip});
    Solo solo(only(instance), false);
    solo.node.kernel.add_by_hand("eth0", ip(vip), 32);
    solo.boot();
    CHECK(solo.world.logged("lb1", LogLevel::warning, "10.0.0.100/32 on eth0 was there before us") == 1);
    solo.world.forget();
    solo.make_master();
    CHECK(solo.world.all<AddAddress>("lb1").empty());
    CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
    CHECK(solo.status().addresses == std::vector<IpAddress>{ip(vip)});
    CHECK(solo.world.logged("lb1", LogLevel::warning, "10.0.0.100/32 on eth0 was there before us") == 1);
    SECTION("when another master takes over") {
        solo.hear(200);
        CHECK(solo.state() == State::backup);
    }
    SECTION("when we stop") {
        solo.world.tell(solo.node, StopRequested{true});
    }
    SECTION("when the instance is removed") {
        solo.world.reload(solo.node, {});
    }
    SECTION("when the notifications of the kernel are lost in between") {
        solo.world.tell(solo.node, solo.node.kernel.snapshot());
        solo.world.run_for(0s);
        solo.hear(200);
    }
    solo.world.run_for(10s);
    CHECK(solo.holds());
    CHECK(solo.world.all<RemoveAddress>("lb1").empty());
}

TEST_CASE("rule 8: a foreign address that its owner takes away while we serve becomes ours") {
    Solo solo(only(make_instance("VI_1", "eth0", 51, 100, {vip})), false);
    solo.node.kernel.add_by_hand("eth0", ip(vip), 32);
    solo.boot();
    solo.make_master();
    remove_by_hand(solo);
    CHECK(solo.holds());
    solo.hear(200);
    CHECK_FALSE(solo.holds());
}

TEST_CASE("rule 8: an address added by hand while we are BACKUP is not ours when we become MASTER") {
    Solo solo;
    solo.hear(200);
    solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip(vip), 32));
    solo.make_master();
    solo.hear(200);
    CHECK(solo.holds());
}

TEST_CASE("rule 8: leftovers of ours are removed at the start, foreign addresses are not") {
    Solo solo(only(make_instance("VI_1", "eth0", 51, 100, {vip})), false);
    AddAddress earlier{solo.node.kernel.link("eth0")->index, virtual_address("10.0.0.77", "eth0")};
    solo.node.kernel.perform(earlier);  // of a configuration that is no more
    earlier.address = virtual_address(vip, "eth0");
    solo.node.kernel.perform(earlier);  // of this one
    solo.node.kernel.add_by_hand("eth0", ip("10.0.0.78"), 32);
    solo.boot();
    solo.world.run_for(0s);
    CHECK(solo.state() == State::backup);
    CHECK_FALSE(solo.holds("10.0.0.77"));
    CHECK_FALSE(solo.holds(vip));
    CHECK(solo.holds("10.0.0.78"));
    CHECK(solo.holds("10.0.0.5"));
}

TEST_CASE("rule 8: lost notifications: everything is read anew, and only what is missing is put back") {
    Solo solo([](Instance& i) { i.addresses.push_back(virtual_address("10.0.0.101", "eth0")); });
    serve(solo);
    solo.node.kernel.remove_by_hand(ip(vip));  // the notification is lost
    solo.world.tell(solo.node, solo.node.kernel.snapshot());
    solo.world.run_for(0s);
    CHECK(solo.holds());
    REQUIRE(solo.world.all<AddAddress>("lb1").size() == 1);
    CHECK(solo.world.all<AddAddress>("lb1")[0].second.address.address == ip(vip));
    CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
    CHECK(solo.world.all<Transition>("lb1").empty());
    CHECK(solo.world.logged("lb1", LogLevel::warning, "notifications of the kernel were lost") == 1);
}

TEST_CASE("rule 8: lost notifications: nothing is missing, nothing is done") {
    Solo solo;
    serve(solo);
    solo.world.tell(solo.node, solo.node.kernel.snapshot());
    solo.world.run_for(0s);
    CHECK(solo.world.all<AddAddress>("lb1").empty());
    CHECK(solo.world.all<RemoveAddress>("lb1").empty());
    CHECK(solo.world.all<SendFrame>("lb1").empty());
    CHECK(solo.adverts().empty());
}

TEST_CASE("rule 8: a kernel that does not report the mark: an answer to our own request is ours") {
    Solo solo;
    solo.node.kernel.marks_ours = false;
    serve(solo);
    CHECK(solo.holds());
    solo.hear(200);
    CHECK_FALSE(solo.holds());
}

TEST_CASE("rule 8: an address on the interface of another prefix is another address") {
    Solo solo;
    solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip(vip), 24));
    solo.make_master();
    CHECK(solo.node.kernel.address_count() == 3);
    solo.hear(200);
    CHECK(solo.node.kernel.address_count() == 2);
}

TEST_CASE("rule 8: refused removals are told, retried, and end") {
    Solo solo;
    serve(solo);
    solo.node.kernel.refuses_to_remove.insert(ip(vip));
    solo.hear(200);
    CHECK(solo.state() == State::backup);
    CHECK(solo.world.logged("lb1", LogLevel::error, "it is still here") == 1);
    CHECK(solo.status().addresses == std::vector<IpAddress>{ip(vip)});
    for (int i = 0; i < 10; ++i) {
        solo.world.run_for(1s);
        solo.hear(200);
    }
    solo.node.kernel.refuses_to_remove.clear();
    for (int i = 0; i < 10; ++i) {
        solo.world.run_for(1s);
        solo.hear(200);
    }
    CHECK_FALSE(solo.holds());
    CHECK(solo.status().addresses.empty());
}

TEST_CASE(
    "rule 8: an IPv6 address that stood there before a reload names it is foreign, whatever its prefix") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"fe80::100"});
    instance.version = vrrp::Version::v3;
    Solo solo(only(instance), false);
    solo.node.kernel.add_by_hand("eth0", ip("fe80::5"), 64);
    solo.boot();
    solo.make_master();
    solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip("2001:db8::100"), 64));
    solo.world.run_for(0s);
    solo.world.forget();
    solo.change([](Instance& i) { i.addresses.push_back(virtual_address("2001:db8::100", "eth0")); });
    solo.world.run_for(1s);
    CHECK(solo.world.all<AddAddress>("lb1").empty());
    CHECK(solo.world.logged("lb1", LogLevel::warning, "2001:db8::100/128 on eth0 was there before us") == 1);
    CHECK(solo.status().addresses == std::vector<IpAddress>{ip("fe80::100"), ip("2001:db8::100")});
}
