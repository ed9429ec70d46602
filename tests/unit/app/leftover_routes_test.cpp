// SPDX-License-Identifier: Apache-2.0
// What an earlier run has left stays where it is wanted, and goes where it is not.
#include "agent/app/leftover_routes.hpp"

#include <catch2/catch.hpp>

using namespace regent;

namespace {

core::Route route(const char* destination, const char* gateway = "192.0.2.1") {
    core::Route made;
    made.destination = *IpAddress::parse(destination);
    made.gateway = *IpAddress::parse(gateway);
    made.prefix = made.destination.is_ipv6() ? 64 : 24;
    made.device = "eth0";
    return made;
}

}  // namespace

TEST_CASE("leftover routes: one that goes on stays, one that nobody wants goes") {
    app::LeftoverRoutes left({route("10.1.0.0"), route("10.2.0.0")});
    CHECK(left.claim(route("10.1.0.0")).empty());
    CHECK(left.claim(route("10.3.0.0")).empty());
    CHECK(left.take_rest() == std::vector{route("10.2.0.0")});
    CHECK(left.take_rest().empty());
}

TEST_CASE("leftover routes: what would keep a changed one from being set goes first") {
    const auto was = route("10.1.0.0", "192.0.2.2");
    app::LeftoverRoutes left({was});
    CHECK(left.claim(route("10.1.0.0")) == std::vector{was});
    CHECK(left.take_rest().empty());
}

TEST_CASE("leftover routes: the kernel's words for no metric and for the main table are known") {
    auto ipv6 = route("2001:db8::", "fe80::1");
    ipv6.metric = 1024;
    auto named = route("10.1.0.0");
    app::LeftoverRoutes left({ipv6, named});
    named.metric = 0;
    named.table = 254;
    CHECK(left.claim(named).empty());
    CHECK(left.claim(route("2001:db8::", "fe80::1")).empty());
    CHECK(left.take_rest().empty());
    auto other = route("10.1.0.0");
    other.metric = 5;
    app::LeftoverRoutes more({other});
    CHECK(more.claim(named).empty());
    CHECK(more.take_rest() == std::vector{other});
}
