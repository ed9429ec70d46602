// SPDX-License-Identifier: Apache-2.0
// Issue 8: a reload applies the difference. What did not change does not notice.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

/// A MASTER half-way between two adverts, with an empty record.
void serve(Solo& solo) {
    solo.make_master();
    solo.world.run_for(10500ms);
    solo.world.forget();
}

bool quiet(const World& world, const std::string& node) {
    return world.all<SendAdvert>(node).empty() && world.all<AddAddress>(node).empty() &&
           world.all<RemoveAddress>(node).empty() && world.all<SendFrame>(node).empty() &&
           world.all<Transition>(node).empty() && world.all<PublishState>(node).empty();
}

void reload(Cluster& c, Node& node, const Settings& settings) {
    c.world.reload(node, settings);
    c.world.run_for(0s);
}

Settings with_third(std::uint8_t priority) {
    auto settings = Cluster::settings(priority);
    settings.instances.push_back(make_instance("VI_3", "enp0s3", 53, priority, {"10.0.2.211"}));
    settings.groups[0].members.push_back("VI_3");
    return settings;
}

}  // namespace

TEST_CASE("reload: nothing changes, nothing is done, and the timers run on") {
    SECTION("MASTER") {
        Solo solo;
        serve(solo);
        const auto due = solo.node.engine->next_deadline();
        solo.change([](Instance&) {});
        CHECK(quiet(solo.world, "lb1"));
        CHECK(solo.node.engine->next_deadline() == due);
        CHECK(solo.world.logged("lb1", LogLevel::notice, "new configuration applied: 1 instances") == 1);
    }
    SECTION("BACKUP") {
        Solo solo;
        solo.hear(200);
        solo.world.run_for(1s);
        solo.world.forget();
        solo.change([](Instance&) {});
        CHECK(quiet(solo.world, "lb1"));
        CHECK(solo.time_to(State::master) == 2609375us);
    }
    SECTION("a group") {
        Cluster c;
        c.settle();
        reload(c, c.lb1, c.settings1);
        reload(c, c.lb2, c.settings2);
        CHECK(quiet(c.world, "lb1"));
        CHECK(quiet(c.world, "lb2"));
    }
    SECTION("INIT: the start-up delay does not begin again") {
        Solo solo([](Instance& i) { i.startup_delay = 10s; });
        solo.world.run_for(9s);
        solo.change([](Instance&) {});
        solo.world.run_for(1s);
        CHECK(solo.state() == State::backup);
    }
}

TEST_CASE("reload: another priority is advertised with the next advert") {
    Solo solo;
    serve(solo);
    solo.change([](Instance& i) { i.priority = 150; });
    CHECK(solo.adverts().empty());
    solo.world.run_for(1s);
    CHECK(solo.adverts().back().priority() == 150);
    CHECK(solo.world.all<Transition>("lb1").empty());
}

TEST_CASE("reload: an address is added and another removed, the third is not touched") {
    Solo solo([](Instance& i) { i.addresses.push_back(virtual_address("10.0.0.101", "eth0")); });
    serve(solo);
    solo.change([](Instance& i) { i.addresses[0] = virtual_address("10.0.0.102", "eth0"); });
    CHECK(solo.state() == State::master);
    REQUIRE(solo.world.all<AddAddress>("lb1").size() == 1);
    CHECK(solo.world.all<AddAddress>("lb1")[0].second.address.address == ip("10.0.0.102"));
    REQUIRE(solo.world.all<RemoveAddress>("lb1").size() == 1);
    CHECK(solo.world.all<RemoveAddress>("lb1")[0].second.address == ip("10.0.0.100"));
    CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
    CHECK(solo.adverts().empty());
    solo.world.run_for(20s);
    CHECK(solo.world.all<SendFrame>("lb1").size() == 10);
    CHECK(solo.adverts().back().decoded.advert.addresses == std::vector{ip("10.0.0.102"), ip("10.0.0.101")});
}

TEST_CASE("reload: an address that another program has set meanwhile is served and never removed") {
    Solo solo;
    serve(solo);
    solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip("10.0.0.101"), 32));
    solo.change([](Instance& i) { i.addresses.push_back(virtual_address("10.0.0.101", "eth0")); });
    CHECK(solo.state() == State::master);
    CHECK(solo.world.all<AddAddress>("lb1").empty());
    CHECK(solo.world.all<SendFrame>("lb1").size() == 5);
    CHECK(solo.status().addresses.size() == 2);
    solo.hear(200);
    CHECK_FALSE(solo.holds());
    CHECK(solo.holds("10.0.0.101"));
}

TEST_CASE("reload: an address moves from one serving instance to another without leaving the interface") {
    Settings settings;
    settings.instances = {make_instance("A", "eth0", 1, 100, {"10.0.0.100", "10.0.0.101"}),
                          make_instance("B", "eth0", 2, 100, {"10.0.0.110"})};
    Solo solo(settings, true);
    solo.world.run_for(10s);
    solo.world.forget();
    auto& giver = GENERATE(0, 1) == 0 ? settings.instances[0] : settings.instances[1];
    auto& taker = &giver == &settings.instances[0] ? settings.instances[1] : settings.instances[0];
    taker.addresses.push_back(giver.addresses.back());
    giver.addresses.pop_back();
    if (giver.addresses.empty()) giver.addresses = {virtual_address("10.0.0.120", "eth0")};
    solo.world.reload(solo.node, settings);
    solo.world.run_for(0s);
    CHECK(solo.world.all<RemoveAddress>("lb1").empty());
    CHECK(status(solo.node, taker.name).addresses.size() == taker.addresses.size());
}

TEST_CASE("reload: another version or password counts from the next advert on, the role stays") {
    Solo solo;
    serve(solo);
    solo.change([](Instance& i) { i.version = vrrp::Version::v3; });
    solo.world.run_for(1s);
    CHECK(solo.state() == State::master);
    CHECK(solo.adverts().back().decoded.advert.version == vrrp::Version::v3);
}

TEST_CASE("reload: another interval") {
    Solo solo([](Instance& i) { i.version = vrrp::Version::v3; });
    serve(solo);
    solo.change([](Instance& i) { i.advert_interval = 100ms; });
    solo.world.run_for(1s);
    CHECK(solo.state() == State::master);
    CHECK(solo.adverts().size() >= 5);
    CHECK(solo.adverts().back().decoded.advert.interval == 100ms);
}

TEST_CASE("reload: another VRID is another virtual router: priority 0 on the old, a start on the new") {
    Solo solo;
    serve(solo);
    solo.change([](Instance& i) { i.virtual_router_id = 99; });
    REQUIRE(solo.adverts().size() == 1);
    CHECK(solo.adverts()[0].decoded.advert.virtual_router_id == 51);
    CHECK(solo.adverts()[0].priority() == 0);
    CHECK(solo.state() == State::backup);
    CHECK_FALSE(solo.holds());
    CHECK(solo.world.all<Forget>("lb1").size() == 1);
    CHECK(solo.time_to(State::master) == 3609375us);
    CHECK(solo.holds());
}

TEST_CASE("rule 2: an instance that is removed says priority 0 and takes its addresses along") {
    Settings settings;
    settings.instances = {make_instance("A", "eth0", 1, 100, {"10.0.0.100"}),
                          make_instance("B", "eth0", 2, 100, {"10.0.0.110"})};
    Solo solo(settings, true);
    solo.world.run_for(10500ms);
    solo.world.forget();
    settings.instances.erase(settings.instances.begin());
    solo.world.reload(solo.node, settings);
    solo.world.run_for(0s);
    REQUIRE(solo.world.adverts("lb1", "A").size() == 1);
    CHECK(solo.world.adverts("lb1", "A")[0].priority() == 0);
    CHECK_FALSE(solo.holds("10.0.0.100"));
    CHECK(solo.world.all<Forget>("lb1")[0].second.instance == "A");
    CHECK(solo.node.engine->status().size() == 1);
    CHECK(is_master(solo.node, "B"));
    CHECK(solo.world.adverts("lb1", "B").empty());
}

TEST_CASE("reload: a new name keeps state, timers and addresses") {
    Solo solo;
    serve(solo);
    const auto due = solo.node.engine->next_deadline();
    solo.change([](Instance& i) { i.name = "WEB"; });
    CHECK(is_master(solo.node, "WEB"));
    CHECK(solo.world.all<Forget>("lb1")[0].second.instance == "VI_1");
    CHECK(solo.world.all<PublishState>("lb1").back().second.status.name == "WEB");
    CHECK(solo.world.all<SendAdvert>("lb1").empty());
    CHECK(solo.world.all<RemoveAddress>("lb1").empty());
    CHECK(solo.node.engine->next_deadline() == due);
}

TEST_CASE("reload: two instances swap their names") {
    Settings settings;
    settings.instances = {make_instance("A", "eth0", 1, 100, {"10.0.0.100"}),
                          make_instance("B", "eth0", 2, 100, {"10.0.0.110"})};
    Solo solo(settings, true);
    solo.world.run_for(10500ms);
    solo.world.forget();
    std::swap(settings.instances[0].name, settings.instances[1].name);
    solo.world.reload(solo.node, settings);
    solo.world.run_for(0s);
    CHECK(solo.world.all<Transition>("lb1").empty());
    CHECK(status(solo.node, "A").virtual_router_id == 2);
    CHECK(status(solo.node, "B").virtual_router_id == 1);
    std::set<std::string> published;
    for (const auto& [at, state] : solo.world.all<PublishState>("lb1"))
        published.insert(state.status.name);
    CHECK(published == std::set<std::string>{"A", "B"});
}

TEST_CASE("reload: a member added to a group that serves does not demote it, and joins") {
    Cluster c;
    c.settle();
    reload(c, c.lb2, with_third(50));
    c.world.run_for(10s);
    CHECK(state(c.lb2, "VI_3") == State::backup);
    reload(c, c.lb1, with_third(101));
    CHECK(c.serves(c.lb1));
    c.world.run_for(5s);
    CHECK(c.serves(c.lb1));
    CHECK(is_master(c.lb1, "VI_3"));
    CHECK(c.lb1.kernel.holds(ip("10.0.2.211")));
    for (const auto& [at, transition] : c.world.all<Transition>("lb1"))
        CHECK(transition.instance == "VI_3");
    CHECK(state(c.lb2, "VI_1") == State::backup);
}

TEST_CASE("reload: a member removed from a group that serves does not demote the rest") {
    Cluster c([](Settings& s) { s = with_third(s.instances[0].priority); });
    c.settle();
    REQUIRE(is_master(c.lb1, "VI_3"));
    reload(c, c.lb1, Cluster::settings(101));
    reload(c, c.lb2, Cluster::settings(50));
    c.world.run_for(10s);
    CHECK(c.serves(c.lb1));
    CHECK_FALSE(c.lb1.kernel.holds(ip("10.0.2.211")));
    for (const auto& [at, transition] : c.world.all<Transition>("lb1"))
        CHECK(transition.instance == "VI_3");
}

TEST_CASE("reload: grouping and ungrouping instances that serve changes no state") {
    Cluster c([](Settings& s) { s.groups.clear(); });
    c.settle();
    auto grouped = c.settings1;
    grouped.groups = {{"SG1", {"VI_1", "VI_2"}, {}}};
    reload(c, c.lb1, grouped);
    CHECK(status(c.lb1, "VI_1").group == "SG1");
    c.world.run_for(5s);
    reload(c, c.lb1, c.settings1);
    CHECK(status(c.lb1, "VI_1").group.empty());
    c.world.run_for(5s);
    CHECK(c.serves(c.lb1));
    CHECK(c.world.all<Transition>("lb1").empty());
    CHECK(c.world.all<RemoveAddress>("lb1").empty());
}

TEST_CASE("reload: a change of the group in the middle of a yield does not strand it") {
    Cluster c([](Settings& s) {
        s.checks = {make_check("haproxy")};
        s.instances[0].checks = {{"haproxy", std::nullopt, OnDown::last_resort}};
    });
    c.world.start(c.lb1, c.settings1);
    c.world.tell(c.lb1, CheckVerdict{"haproxy", CheckState::up, {}, false});
    c.world.run_for(10500ms);
    REQUIRE(c.serves(c.lb1));
    c.world.tell(c.lb1, CheckVerdict{"haproxy", CheckState::down, {}, false});
    c.world.run_for(100ms);
    auto changed = c.settings1;
    std::swap(changed.groups[0].members[0], changed.groups[0].members[1]);
    reload(c, c.lb1, changed);
    c.world.forget();
    c.world.run_for(5s);
    CHECK(c.serves(c.lb1));
    REQUIRE_FALSE(c.world.adverts("lb1", "VI_1").empty());
    CHECK(c.world.adverts("lb1", "VI_1").back().priority() == 1);
    CHECK(c.world.adverts("lb1", "VI_2").back().priority() == 1);
}

TEST_CASE("reload: a group that is dissolved in the middle of a yield leaves nobody behind") {
    Cluster c([](Settings& s) {
        s.checks = {make_check("haproxy")};
        s.instances[0].checks = {{"haproxy", std::nullopt, OnDown::last_resort}};
    });
    c.world.start(c.lb1, c.settings1);
    c.world.tell(c.lb1, CheckVerdict{"haproxy", CheckState::up, {}, false});
    c.world.run_for(10500ms);
    c.world.tell(c.lb1, CheckVerdict{"haproxy", CheckState::down, {}, false});
    c.world.run_for(100ms);
    auto changed = c.settings1;
    changed.groups.clear();
    reload(c, c.lb1, changed);
    c.world.forget();
    c.world.run_for(5s);
    REQUIRE(c.serves(c.lb1));
    REQUIRE_FALSE(c.world.adverts("lb1", "VI_1").empty());
    REQUIRE_FALSE(c.world.adverts("lb1", "VI_2").empty());
    CHECK(c.world.adverts("lb1", "VI_1").back().priority() == 1);
    CHECK(c.world.adverts("lb1", "VI_2").back().priority() == 101);
    CHECK(c.world.all<RemoveAddress>("lb1").empty());
}

TEST_CASE("reload: a member is replaced by another in the same place of the group") {
    Cluster c([](Settings& s) { s = with_third(s.instances[0].priority); });
    c.settle();
    auto changed = c.settings1;
    changed.instances[2].virtual_router_id = 54;
    reload(c, c.lb1, changed);
    c.world.run_for(10s);
    CHECK(c.serves(c.lb1));
    CHECK(is_master(c.lb1, "VI_3"));
}

TEST_CASE("reload: a change of the group does not forget a recover delay or a refusal") {
    auto changed = Cluster::settings(101);
    std::swap(changed.groups[0].members[0], changed.groups[0].members[1]);
    SECTION("degraded: it serves on") {
        Cluster c;
        c.lb1.kernel.refuses_to_add.insert(ip(vip1));
        c.world.start(c.lb1, c.settings1);
        c.world.run_for(20s);
        REQUIRE(status(c.lb1, "VI_1").degraded);
        c.world.forget();
        reload(c, c.lb1, changed);
        c.world.run_for(70s);
        CHECK(c.serves(c.lb1));
        CHECK(status(c.lb1, "VI_1").degraded);
        CHECK(c.world.all<Transition>("lb1").empty());
    }
    SECTION("recovering: it does not preempt sooner") {
        const auto track = [](Settings& s) {
            s.checks = {make_check("haproxy")};
            s.groups[0].checks = {{"haproxy", std::nullopt, OnDown::last_resort}};
        };
        Cluster c(track);
        track(changed);
        c.recover();
        REQUIRE(c.serves(c.lb2));
        reload(c, c.lb1, changed);
        c.world.run_for(8s);
        CHECK(c.serves(c.lb2));
        c.world.run_for(6s);
        CHECK(c.serves(c.lb1));
    }
}

TEST_CASE("reload: everything is removed, and everything comes back") {
    Solo solo;
    serve(solo);
    solo.world.reload(solo.node, {});
    solo.world.run_for(0s);
    CHECK(solo.node.engine->status().empty());
    CHECK_FALSE(solo.holds());
    solo.change([](Instance&) {});
    CHECK(solo.time_to(State::master) == 3609375us);
}

TEST_CASE("reload: a check that is gone no longer weighs") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"});
    instance.checks = {{"haproxy", -30, OnDown::last_resort}};
    auto settings = only(instance);
    settings.checks = {make_check("haproxy")};
    Solo solo(settings, true);
    solo.world.tell(solo.node, CheckVerdict{"haproxy", CheckState::down, {}, false});
    solo.world.run_for(0s);
    CHECK(solo.status().effective_priority == 70);
    solo.settings.checks.clear();
    solo.change([](Instance& i) { i.checks.clear(); });
    CHECK(solo.status().effective_priority == 100);
}

TEST_CASE("reload: other announcement settings count at once for addresses that are held") {
    Solo solo;
    serve(solo);
    solo.change([](Instance& i) { i.gratuitous.refresh = 2s; });
    solo.world.forget();
    solo.world.run_for(20s);
    CHECK(solo.world.all<SendFrame>("lb1").size() >= 10);
    CHECK(solo.world.all<Transition>("lb1").empty());
}

TEST_CASE("reload: an address that moves to another serving instance is announced by that one from then on") {
    Settings settings;
    settings.instances = {make_instance("A", "eth0", 1, 100, {"10.0.0.100", "10.0.0.101"}),
                          make_instance("B", "eth0", 2, 100, {"10.0.0.110"})};
    const bool forward = GENERATE(true, false);
    if (!forward) std::swap(settings.instances[0], settings.instances[1]);
    auto& giver = settings.instances[forward ? 0 : 1];
    auto& taker = settings.instances[forward ? 1 : 0];
    Solo solo(settings, true);
    solo.world.run_for(10s);
    taker.addresses.push_back(giver.addresses.back());
    giver.addresses.pop_back();
    solo.world.reload(solo.node, settings);
    solo.world.run_for(10s);
    solo.world.forget();
    solo.world.tell(solo.node, OperatorCommand{1, OperatorCommand::Kind::announce, "B", {}, {}});
    solo.world.run_for(500ms);
    CHECK(solo.world.all<SendFrame>("lb1").size() == 10);
}

TEST_CASE("reload: other announcement settings announce nothing that is not held") {
    Solo solo([](Instance& i) { i.addresses.push_back(virtual_address("10.0.0.101", "eth0")); });
    SECTION("a refused address") {
        solo.node.kernel.refuses_to_add.insert(ip("10.0.0.101"));
        solo.world.run_for(20s);
        REQUIRE(solo.status().degraded);
        solo.world.forget();
        solo.change([](Instance& i) { i.gratuitous.count = 3; });
        CHECK(solo.world.all<SendFrame>("lb1").size() == 3);
    }
    SECTION("the next master has them") {
        Settings settings = solo.settings;
        settings.instances.push_back(make_instance("VI_2", "eth0", 52, 100, {"10.0.0.110"}));
        settings.groups = {{"SG1", {"VI_1", "VI_2"}, {}}};
        solo.world.reload(solo.node, settings);
        solo.world.run_for(20s);
        solo.world.tell(solo.node, OperatorCommand{1, OperatorCommand::Kind::handover, "SG1", {}, {}});
        solo.hear(50);
        REQUIRE_FALSE(solo.holds());
        solo.world.forget();
        settings.instances[0].gratuitous.count = 3;
        solo.world.reload(solo.node, settings);
        solo.world.run_for(100ms);
        CHECK(solo.world.all<SendFrame>("lb1").empty());
    }
}

TEST_CASE("reload: another label of an address that is held reaches the kernel") {
    Solo solo;
    serve(solo);
    solo.change([](Instance& i) { i.addresses[0].label = "eth0:vip"; });
    REQUIRE(solo.world.all<AddAddress>("lb1").size() == 1);
    CHECK(solo.world.all<AddAddress>("lb1")[0].second.address.label == "eth0:vip");
    CHECK(solo.holds());
    CHECK(solo.world.all<Transition>("lb1").empty());
    CHECK(solo.world.logged("lb1", "deleted by another program") == 0);
    CHECK(solo.counters().address_repairs == 0);
}

TEST_CASE("reload: another prefix of an IPv6 address: Linux knows an address once an interface") {
    Settings settings;
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"2001:db8::100"});
    instance.version = vrrp::Version::v3;
    const bool widen = GENERATE(true, false);
    instance.addresses[0].prefix = widen ? 128 : 64;
    settings = only(instance);
    World world;
    auto& node = world.add_node("lb1");
    world.plug(node, "eth0", "lan", "fe80::5");
    world.start(node, settings);
    world.run_for(10s);
    REQUIRE(is_master(node, "VI_1"));
    world.forget();
    settings.instances[0].addresses[0].prefix = widen ? 64 : 128;
    world.reload(node, settings);
    world.run_for(5s);
    CHECK(node.kernel.find(node.kernel.link("eth0")->index, ip("2001:db8::100"), widen ? 64 : 128));
    CHECK(status(node, "VI_1").addresses.size() == 1);
    CHECK(world.all<Transition>("lb1").empty());
}
