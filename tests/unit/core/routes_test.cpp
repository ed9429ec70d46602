// SPDX-License-Identifier: Apache-2.0
// Issue 6: virtual routes stand while MASTER.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

Route a_route(const std::string& destination = "10.9.0.0") {
    Route route;
    route.destination = ip(destination);
    route.prefix = 24;
    route.gateway = ip("10.0.0.1");
    route.device = "eth0";
    return route;
}

void with_route(Instance& instance) {
    instance.routes = {a_route()};
}

const std::vector<Route>& routes(const Solo& solo) {
    return solo.node.kernel.routes();
}

}  // namespace

TEST_CASE("routes: set after the addresses on becoming MASTER, removed before them on leaving, once") {
    Solo solo(with_route);
    CHECK(routes(solo).empty());
    solo.make_master();
    CHECK(routes(solo).size() == 1);
    solo.world.run_for(500ms);
    const auto index_of = [&](auto is_it) {
        const auto& all = solo.world.done();
        return std::find_if(all.begin(), all.end(), [&](const Done& d) { return is_it(d.action); }) -
               all.begin();
    };
    CHECK(index_of([](const Action& a) { return std::holds_alternative<AddAddress>(a); }) <
          index_of([](const Action& a) { return std::holds_alternative<AddRoute>(a); }));
    solo.world.forget();
    SECTION("to a better master") {
        solo.hear(200);
    }
    SECTION("by a stop that the next master relieves") {
        solo.world.tell(solo.node, StopRequested{});
        solo.world.run_for(100ms);
        CHECK(routes(solo).size() == 1);
        solo.hear(50);
        solo.hear(50);
    }
    CHECK(routes(solo).empty());
    CHECK(solo.world.all<RemoveRoute>("lb1").size() == 1);
    CHECK(index_of([](const Action& a) { return std::holds_alternative<RemoveRoute>(a); }) <
          index_of([](const Action& a) { return std::holds_alternative<RemoveAddress>(a); }));
}

TEST_CASE("routes: one that the kernel refuses is told and tried again, doubling to 60 s, while MASTER") {
    Solo solo(with_route);
    solo.node.kernel.refuses_routes = true;
    solo.make_master();
    solo.world.run_for(0s);
    CHECK(solo.state() == State::master);
    CHECK(solo.world.logged(
              "lb1", LogLevel::error,
              "the kernel refused the route to 10.9.0.0/24: Operation not permitted; next try in 1 s") == 1);
    const Instant served = solo.world.now();
    solo.world.forget();
    solo.world.run_for(200s);
    std::vector<Instant> tries;
    for (const auto& [at, add] : solo.world.all<AddRoute>("lb1"))
        tries.push_back(at);
    REQUIRE(tries.size() >= 7);
    CHECK(tries[0] - served <= 2s);
    CHECK(tries[2] - tries[1] == 2 * (tries[1] - tries[0]));
    CHECK(tries[6] - tries[5] == 60s);
    solo.node.kernel.refuses_routes = false;
    solo.world.run_for(60s);
    CHECK(routes(solo).size() == 1);
    solo.hear(200);
    solo.world.forget();
    solo.world.run_for(1s);
    CHECK(solo.world.all<AddRoute>("lb1").empty());
}

TEST_CASE("routes: a refused removal is told") {
    Solo solo(with_route);
    solo.make_master();
    solo.node.kernel.refuses_routes = true;
    solo.hear(200);
    CHECK(solo.world.logged("lb1", LogLevel::error, "refused to remove the route to 10.9.0.0/24") == 1);
    SECTION("of an instance that is gone, too") {
        solo.make_master();
        solo.world.reload(solo.node, {});
        solo.world.run_for(0s);
        CHECK(solo.world.logged("lb1", LogLevel::error, "refused to remove the route to 10.9.0.0/24") == 2);
    }
}

TEST_CASE("routes: set again when an address is put back") {
    Solo solo(with_route);
    solo.make_master();
    solo.world.run_for(1s);
    solo.world.forget();
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.0.0.100")));
    solo.world.run_for(0s);
    CHECK(solo.world.all<AddRoute>("lb1").size() == 1);
}

TEST_CASE("routes: a reload of a MASTER sets the new and removes the old") {
    Solo solo(with_route);
    solo.make_master();
    solo.change([](Instance& i) { i.routes = {a_route("10.8.0.0")}; });
    REQUIRE(routes(solo).size() == 1);
    CHECK(routes(solo)[0].destination == ip("10.8.0.0"));
}

TEST_CASE("routes: a reload while the next master has taken over sets none") {
    Settings settings;
    settings.instances = {make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"}),
                          make_instance("VI_2", "eth0", 52, 100, {"10.0.0.110"})};
    settings.groups = {{"SG1", {"VI_1", "VI_2"}, {}}};
    settings.instances[0].routes = {a_route()};
    Solo solo(settings, true);
    solo.world.run_for(10s);
    REQUIRE(routes(solo).size() == 1);
    solo.world.tell(solo.node, OperatorCommand{1, OperatorCommand::Kind::handover, "SG1", {}, {}});
    solo.hear(50);
    REQUIRE(routes(solo).empty());
    settings.instances[0].routes = {a_route("10.8.0.0")};
    solo.world.reload(solo.node, settings);
    solo.world.run_for(100ms);
    CHECK(routes(solo).empty());
    solo.world.run_for(2s);
    CHECK(solo.state() == State::backup);
    CHECK(routes(solo).empty());
}

TEST_CASE("routes: set again when a link that lost them is back") {
    Solo solo([](Instance& i) {
        with_route(i);
        i.debounce = 3s;
    });
    solo.make_master();
    solo.world.run_for(500ms);
    solo.world.tell(solo.node, solo.node.kernel.set_link("eth0", false, false));
    CHECK(routes(solo).empty());
    solo.world.run_for(100ms);
    solo.world.tell(solo.node, solo.node.kernel.set_link("eth0", true, true));
    solo.world.run_for(100ms);
    CHECK(solo.state() == State::master);
    CHECK(routes(solo).size() == 1);
}

TEST_CASE("routes: set again when a device that had lost its addresses has one, and tried at once") {
    Solo solo([](Instance& i) {
        i.routes = {a_route()};
        i.routes[0].device = "eth1";
    });
    solo.world.tell(solo.node, solo.node.kernel.add_link("eth1", ip("10.1.0.5")));
    solo.make_master();
    solo.world.run_for(500ms);
    REQUIRE(routes(solo).size() == 1);
    solo.world.tell(solo.node, solo.node.kernel.remove_by_hand(ip("10.1.0.5")));
    solo.world.run_for(100ms);
    CHECK(routes(solo).empty());
    SECTION("when the address comes") {
        solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth1", ip("10.1.0.5"), 24));
        solo.world.run_for(0s);
        CHECK(routes(solo).size() == 1);
    }
    SECTION("when it was too early for it before") {
        solo.node.kernel.refuses_routes = true;
        solo.world.tell(solo.node, solo.node.kernel.set_link("eth1", false, false));
        solo.world.tell(solo.node, solo.node.kernel.set_link("eth1", true, true));
        solo.world.run_for(1ms);
        solo.node.kernel.refuses_routes = false;
        CHECK(routes(solo).empty());
        solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth1", ip("10.1.0.5"), 24));
        solo.world.run_for(0s);
        CHECK(routes(solo).size() == 1);
    }
    SECTION("but not with each, while others set addresses all the time") {
        solo.world.forget();
        solo.come_and_go("eth1", "10.1.0.5");
        CHECK(solo.world.all<AddRoute>("lb1").size() <= 6);
        solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth1", ip("10.1.0.5"), 24));
        solo.world.run_for(100ms);
        CHECK(routes(solo).size() == 1);
    }
    CHECK(solo.state() == State::master);
}

TEST_CASE(
    "routes: several that are refused at a time are tried again after one wait, and an address ends it") {
    Solo solo([](Instance& i) { i.routes = {a_route(), a_route("10.8.0.0"), a_route("10.7.0.0")}; });
    solo.node.kernel.refuses_routes = true;
    solo.make_master();
    solo.world.run_for(0s);
    // Once before the address stands, and once with it.
    CHECK(solo.world.logged("lb1", LogLevel::error, "next try in 1 s") == 3);
    CHECK(solo.world.logged("lb1", LogLevel::error, "next try in 2 s") == 3);
    solo.node.kernel.refuses_routes = false;
    SECTION("a wait of 2 s") {
        solo.world.run_for(2100ms);
    }
    SECTION("an address, at once") {
        solo.world.tell(solo.node, solo.node.kernel.add_by_hand("eth0", ip("10.9.9.9"), 24));
        solo.world.run_for(0s);
    }
    CHECK(routes(solo).size() == 3);
}
