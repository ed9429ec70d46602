// SPDX-License-Identifier: Apache-2.0
// Which sockets are wanted, as configuration and interfaces come and go.
#include "agent/app/listen_plan.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "agent/vrrp/packet.hpp"

using namespace regent;
using app::ListenPlan;

namespace {

core::Instance instance(const std::string& name, const std::string& interface, Family family = Family::ipv4) {
    core::Instance made;
    made.name = name;
    made.interface = interface;
    made.family = family;
    return made;
}

core::Input configuration(std::vector<core::Instance> instances) {
    auto settings = std::make_shared<core::Settings>();
    settings->instances = std::move(instances);
    return core::ConfigApplied{settings};
}

core::Input link(int index, const std::string& name, unsigned mtu = 1500) {
    core::Link made;
    made.index = index;
    made.name = name;
    made.mtu = mtu;
    return core::LinkChanged{made};
}

}  // namespace

TEST_CASE("An interface is listened on once it exists, and under its new index when it was made anew") {
    ListenPlan plan;
    CHECK(plan.observe(configuration({instance("a", "eth0"), instance("b", "eth0", Family::ipv6)})));
    CHECK(plan.wanted().empty());
    CHECK(plan.observe(link(4, "eth0")));
    CHECK_FALSE(plan.observe(link(4, "eth0")));
    REQUIRE(plan.wanted().size() == 2);
    CHECK(plan.wanted()[0].interface_index == 4);
    CHECK(plan.wanted()[0].groups == std::set{vrrp::multicast_group(Family::ipv4)});
    CHECK(plan.wanted()[1].groups == std::set{vrrp::multicast_group(Family::ipv6)});
    CHECK(plan.observe(core::LinkRemoved{4}));
    CHECK_FALSE(plan.observe(core::LinkRemoved{4}));
    CHECK(plan.wanted().empty());
    CHECK(plan.observe(link(9, "eth0")));
    CHECK(plan.wanted()[0].interface_index == 9);
}

TEST_CASE(
    "A socket is made anew when the MTU was too small for its family: the kernel has forgotten its groups") {
    ListenPlan plan;
    plan.observe(configuration({instance("a", "eth0"), instance("b", "eth0", Family::ipv6)}));
    plan.observe(link(4, "eth0"));
    const auto listens_on = [&](Family family) {
        const auto all = plan.wanted();
        return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.family == family; });
    };
    CHECK(plan.observe(link(4, "eth0", 1279)));
    CHECK_FALSE(listens_on(Family::ipv6));
    CHECK(listens_on(Family::ipv4));
    CHECK(plan.observe(link(4, "eth0", 67)));
    CHECK_FALSE(listens_on(Family::ipv4));
    CHECK(plan.observe(link(4, "eth0", 68)));
    CHECK(listens_on(Family::ipv4));
    CHECK(plan.observe(link(4, "eth0", 1280)));
    CHECK(listens_on(Family::ipv6));
}

TEST_CASE("A unicast instance joins no group, another group replaces the usual one") {
    ListenPlan plan;
    auto unicast = instance("a", "eth0");
    unicast.unicast_peers = {*IpAddress::parse("10.0.0.2")};
    auto elsewhere = instance("b", "eth0");
    elsewhere.multicast_group = IpAddress::parse("224.0.0.118");
    plan.observe(configuration({unicast, elsewhere}));
    core::KernelSnapshot snapshot;
    snapshot.links.push_back({});
    snapshot.links.back().index = 2;
    snapshot.links.back().name = "eth0";
    CHECK(plan.observe(snapshot));
    CHECK(plan.wanted()[0].groups.empty());
    CHECK(plan.wanted()[1].groups == std::set{*IpAddress::parse("224.0.0.118")});
}

TEST_CASE("A join that failed is tried again when an address comes there, not with each lease of ours") {
    core::KernelAddress address;
    address.interface_index = 4;
    CHECK(ListenPlan::may_succeed(core::AddressAppeared{address}, {2, 4}));
    CHECK_FALSE(ListenPlan::may_succeed(core::AddressVanished{address}, {4}));
    CHECK_FALSE(ListenPlan::may_succeed(core::AddressAppeared{address}, {}));
    CHECK_FALSE(ListenPlan::may_succeed(core::AddressAppeared{address}, {2}));
    address.ours = true;
    CHECK_FALSE(ListenPlan::may_succeed(core::AddressAppeared{address}, {4}));
}

TEST_CASE("Inputs of the protocol do not concern it") {
    ListenPlan plan;
    CHECK_FALSE(plan.observe(core::TimerFired{}));
    CHECK_FALSE(plan.observe(core::PacketReceived{}));
}
