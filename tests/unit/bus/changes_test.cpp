// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/changes.hpp"

#include <catch2/catch.hpp>

#include "agent/bus/names.hpp"

#include "views.hpp"

using namespace regent;
using bus::changed_properties;
using Names = std::vector<std::string>;

TEST_CASE("changes: only what differs is told") {
    auto before = test::instance("VI_1", vrrp::State::backup);
    auto after = before;
    CHECK(changed_properties(before, after).empty());
    after.status.state = vrrp::State::master;
    after.status.reason = "priority 0";
    after.since = 7;
    CHECK(changed_properties(before, after) == Names{"State", "Reason", "Since"});
    before = after;
    after.status.addresses.clear();
    after.status.last_resort = true;
    after.status.last_resort_cause = "check haproxy DOWN";
    CHECK(changed_properties(before, after) == Names{"LastResort", "LastResortCause", "Addresses"});
    before = after;
    after.status.peers.clear();
    after.status.weights = "check rmi DOWN (-60)";
    CHECK(changed_properties(before, after) == Names{"Weights", "Peers"});
    bus::GroupView group{"SG1", "backup", "why", {"VI_1"}};
    auto more = group;
    more.instances.emplace_back("VI_2");
    CHECK(changed_properties(group, more) == Names{"Instances"});
    const auto check = test::picture().checks.at("haproxy");
    auto down = check;
    down.status.state = "down";
    down.status.metrics.clear();
    CHECK(changed_properties(check, down) == Names{"State"});
    bus::NotifierView notifier;
    auto told = notifier;
    told.delivered = 1;
    CHECK(changed_properties(notifier, told) == Names{"Delivered"});
    bus::PluginView plugin;
    auto running = plugin;
    running.status.pid = 7;
    running.status.state = "running";
    CHECK(changed_properties(plugin, running) == Names{"State", "Pid"});
    bus::AgentView agent;
    auto maintained = agent;
    maintained.maintenance = "";
    CHECK(changed_properties(agent, maintained) == Names{"Maintenance", "MaintenanceReason"});
}

TEST_CASE("names: any name has an object of its own") {
    CHECK(bus::path_of(bus::Kind::instance, "VI_1") == "/org/regent1/instance/VI_5f1");
    CHECK(bus::path_of(bus::Kind::group, "eth0.1") != bus::path_of(bus::Kind::group, "eth0_1"));
    CHECK(bus::path_of(bus::Kind::group, "ü") == "/org/regent1/group/_c3_bc");
    CHECK(bus::state_word(vrrp::State::yielding) == "master");
}
