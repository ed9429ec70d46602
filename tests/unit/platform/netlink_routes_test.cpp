// SPDX-License-Identifier: Apache-2.0
// Virtual routes: made, replaced, found again after a crash, and removed without touching anybody else's.
#include <catch2/catch.hpp>

#include "agent/platform/netlink_requests.hpp"

#include "network.hpp"

using namespace regent;
using namespace regent::platform;
using namespace regent::platform::test;

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::vector<core::RouteRefused> refused_of(const std::function<void(NetlinkRequests&)>& fill) {
    auto requests = NetlinkRequests::open();
    REQUIRE(requests);
    fill(*requests);
    std::vector<core::Input> refused;
    requests->flush(refused);
    return only<core::RouteRefused>(refused);
}

core::Route route(std::string_view destination, std::uint8_t prefix, std::string_view gateway) {
    core::Route made;
    made.destination = ip(destination);
    made.prefix = prefix;
    if (!gateway.empty()) made.gateway = ip(gateway);
    made.device = "left0";
    return made;
}

}  // namespace

TEST_CASE("A route is made, found as ours, and removed") {
    REQUIRE_NETWORK();
    const Cable cable;
    core::Route full = route("198.51.100.0", 24, "192.0.2.2");
    full.source = ip("192.0.2.1");
    full.metric = 77;
    full.table = 300;
    core::Route ipv6 = route("2001:db8:9::", 48, "fe80::2");
    ipv6.metric = 5;
    const std::vector<core::Route> all{route("0.0.0.0", 0, "192.0.2.2"), route("203.0.113.0", 24, ""), full,
                                       ipv6};
    CHECK(refused_of([&](NetlinkRequests& requests) {
              for (const auto& one : all)
                  requests.queue(core::AddRoute{one});
          }).empty());
    CHECK_THAT(output_of("ip route show"), Contains("default via 192.0.2.2 dev left0 proto 112"));
    CHECK_THAT(output_of("ip route show table 300"),
               Contains("198.51.100.0/24 via 192.0.2.2 dev left0 proto 112 src 192.0.2.1 metric 77"));

    const auto found = our_routes();
    REQUIRE(found);
    for (const auto& one : all)
        CHECK(std::ranges::count(*found, one) == 1);
    CHECK(found->size() == all.size());

    CHECK(refused_of([&](NetlinkRequests& requests) {
              for (const auto& one : *found)
                  requests.queue(core::RemoveRoute{one});
          }).empty());
    CHECK(our_routes()->empty());
}

TEST_CASE("Removing a route leaves another's alone, and absence is no refusal") {
    REQUIRE_NETWORK();
    const Cable cable;
    run("ip route add 198.51.100.0/24 via 192.0.2.2 proto static");
    core::Route gone = route("203.0.113.0", 24, "192.0.2.2");
    gone.device = "missing0";
    CHECK(refused_of([&](NetlinkRequests& requests) {
              requests.queue(core::RemoveRoute{route("198.51.100.0", 24, "192.0.2.2")});
              requests.queue(core::RemoveRoute{route("2001:db8:9::", 48, "fe80::2")});
              requests.queue(core::RemoveRoute{gone});
          }).empty());
    CHECK_THAT(output_of("ip route show"), Contains("198.51.100.0/24 via 192.0.2.2 dev left0 proto static"));
    CHECK(our_routes()->empty());
}

TEST_CASE("A route of somebody else with the same destination is neither replaced nor removed") {
    REQUIRE_NETWORK();
    const Cable cable;
    run("ip route add 198.51.100.0/24 via 192.0.2.2");
    const auto ours = route("198.51.100.0", 24, "192.0.2.3");
    CHECK(refused_of([&](NetlinkRequests& requests) { requests.queue(core::AddRoute{ours}); }).empty());
    CHECK(our_routes()->empty());
    CHECK(refused_of([&](NetlinkRequests& requests) { requests.queue(core::RemoveRoute{ours}); }).empty());
    CHECK(output_of("ip route show 198.51.100.0/24").find("via 192.0.2.2") != std::string::npos);
}

TEST_CASE("A route of ours that stands already is no refusal") {
    REQUIRE_NETWORK();
    const Cable cable;
    const auto ours = route("198.51.100.0", 24, "192.0.2.2");
    CHECK(refused_of([&](NetlinkRequests& requests) {
              requests.queue(core::AddRoute{ours});
              requests.queue(core::AddRoute{ours});
          }).empty());
    CHECK(our_routes()->size() == 1);
}

TEST_CASE("A refused route carries the kernel's words") {
    REQUIRE_NETWORK();
    const Cable cable;
    core::Route nowhere = route("198.51.100.0", 24, "192.0.2.2");
    nowhere.device = "missing0";
    const auto refused = refused_of([&](NetlinkRequests& requests) {
        requests.queue(core::AddRoute{nowhere});
        requests.queue(core::AddRoute{route("198.51.100.0", 24, "10.99.0.1")});
    });
    REQUIRE(refused.size() == 2);
    CHECK(refused[0].reason == "No such device (missing0)");
    CHECK(refused[0].adding);
    CHECK(refused[0].route == nowhere);
    CHECK_THAT(refused[1].reason, StartsWith("Network is unreachable"));
}
