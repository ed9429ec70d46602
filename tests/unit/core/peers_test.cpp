// SPDX-License-Identifier: Apache-2.0
// Rule 5: how two address lists relate, and that what is told of them is bounded.
#include "agent/core/peers.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;

namespace {

std::vector<IpAddress> list(const std::vector<std::string>& texts) {
    std::vector<IpAddress> made;
    for (const auto& text : texts)
        made.push_back(ip(text));
    return made;
}

ListRelation relation(const std::vector<std::string>& ours, const std::vector<std::string>& theirs) {
    return compare_lists(list(ours), list(theirs));
}

/// 10.0.0.2 advertises 10.0.0.`last` beside our address.
void hear_with(Solo& solo, int last) {
    solo.hear(50, "10.0.0.2",
              [last](vrrp::Advert& a) { a.addresses.push_back(ip("10.0.0." + std::to_string(last))); });
}

/// Each advertisement has another list than the one before, a second apart.
void hear_changing(Solo& solo, int count) {
    for (int i = 0; i < count; ++i) {
        hear_with(solo, 150 + i % 2);
        solo.world.run_for(1s);
    }
}

}  // namespace

TEST_CASE("rule 5: equal, overlapping, disjoint, without regard to order") {
    CHECK(relation({"10.0.0.1"}, {"10.0.0.1"}) == ListRelation::equal);
    CHECK(relation({"10.0.0.1", "10.0.0.2"}, {"10.0.0.2", "10.0.0.1"}) == ListRelation::equal);
    CHECK(relation({"10.0.0.1", "10.0.0.2"}, {"10.0.0.2"}) == ListRelation::overlapping);
    CHECK(relation({"10.0.0.1"}, {"10.0.0.1", "10.0.0.3"}) == ListRelation::overlapping);
    CHECK(relation({"10.0.0.1"}, {"10.0.0.2"}) == ListRelation::disjoint);
    CHECK(relation({"10.0.0.1"}, {}) == ListRelation::disjoint);
    CHECK(relation({}, {}) == ListRelation::equal);
}

TEST_CASE("rule 5: IPv6 link-locals do not count, unless there is nothing else") {
    CHECK(relation({"fe80::1", "2001:db8::1"}, {"fe80::2", "2001:db8::1"}) == ListRelation::equal);
    CHECK(relation({"fe80::1", "2001:db8::1"}, {"fe80::1", "2001:db8::2"}) == ListRelation::disjoint);
    CHECK(relation({"fe80::1"}, {"fe80::1"}) == ListRelation::equal);
    CHECK(relation({"fe80::1"}, {"fe80::2"}) == ListRelation::disjoint);
}

TEST_CASE("rule 5: IPv4 link-locals count like any other") {
    CHECK(relation({"169.254.0.1"}, {"169.254.0.2"}) == ListRelation::disjoint);
}

TEST_CASE("rule 5: a long list is told in part") {
    Solo solo([](Instance& i) {
        for (int n = 1; n < 20; ++n)
            i.addresses.push_back(virtual_address("10.0.1." + std::to_string(n), "eth0"));
    });
    solo.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.addresses.pop_back(); });
    CHECK(solo.world.logged("lb1", ", … 19 in all; we have") == 1);
}

TEST_CASE("of one that says something else each time 20 notes a minute are logged, the others counted") {
    Solo solo;
    hear_changing(solo, 30);
    CHECK(solo.world.logged("lb1", "differ from ours") == 20);
    solo.world.run_for(29s);
    hear_with(solo, 151);
    CHECK(solo.world.logged("lb1", "were not logged") == 0);
    solo.world.run_for(1s);
    hear_with(solo, 151);
    hear_with(solo, 151);
    CHECK(solo.world.logged("lb1", LogLevel::warning,
                            "10 more differences between other routers and us were not logged") == 1);
    CHECK(solo.world.logged("lb1", "were not logged") == 1);
}

TEST_CASE("what was not logged is told every minute while it goes on, as one of the 20") {
    Solo solo;
    hear_changing(solo, 60);
    CHECK(solo.world.logged("lb1", "differ from ours") == 20);
    CHECK(solo.world.logged("lb1", "were not logged") == 0);
    hear_changing(solo, 60);
    CHECK(solo.world.logged("lb1", "40 more differences between other routers and us were not logged") == 1);
    CHECK(solo.world.logged("lb1", "differ from ours") == 39);
    hear_with(solo, 151);
    CHECK(solo.world.logged("lb1", "41 more differences between other routers and us were not logged") == 1);
}

TEST_CASE("rule 5: a list of IPv6 link-locals alone is compared with all that the other has") {
    const std::vector local{ip("fe80::10")};
    const std::vector both{ip("fe80::10"), ip("2001:db8::10")};
    const std::vector other{ip("fe80::11"), ip("2001:db8::10")};
    CHECK(compare_lists(local, both) == ListRelation::overlapping);
    CHECK(compare_lists(both, local) == ListRelation::overlapping);
    CHECK(compare_lists(local, other) == ListRelation::disjoint);
    CHECK(compare_lists(both, other) == ListRelation::equal);
}

TEST_CASE("the status names whose advertisements were accepted") {
    Solo solo;
    CHECK(solo.status().peers.empty());
    solo.hear(50, "10.0.0.2");
    solo.hear(50, "10.0.0.3", [](vrrp::Advert& a) { a.addresses = {ip("10.9.9.9")}; });
    const auto published = solo.world.all<PublishState>("lb1");
    REQUIRE_FALSE(published.empty());
    CHECK(published.back().second.status.peers == std::vector{ip("10.0.0.2")});
}
