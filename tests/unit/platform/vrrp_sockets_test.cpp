// SPDX-License-Identifier: Apache-2.0
// The set of sockets: exactly those wanted, the rest untouched, and no interface starved by another.
#include "agent/platform/vrrp_sockets.hpp"

#include <catch2/catch.hpp>
#include <net/if.h>
#include <poll.h>

#include "network.hpp"

using namespace regent;
using namespace regent::platform;
using namespace regent::platform::test;

using Catch::Matchers::Contains;

namespace {

using Listen = VrrpSockets::Listen;

struct Synced {
    VrrpSockets sockets = *VrrpSockets::open();

    std::vector<VrrpSockets::Problem> sync(const std::vector<Listen>& wanted) {
        std::vector<VrrpSockets::Problem> problems;
        sockets.sync(wanted, problems);
        return problems;
    }
};

Listen multicast(const std::string& interface, int index, Family family) {
    return {interface, index, family, {ip(family == Family::ipv4 ? "224.0.0.18" : "ff02::12")}};
}

core::SendAdvert advert(int index, std::string_view from, std::string_view to) {
    return {"VI_1", index, ip(from), ip(to), 255, Bytes(20, 1)};
}

int index_of(const char* name) {
    return static_cast<int>(::if_nametoindex(name));
}

}  // namespace

TEST_CASE("Wanted sockets are opened, unwanted closed, and the others left as they are") {
    REQUIRE_NETWORK();
    const Cable cable;
    Synced set;
    const Listen ipv4 = multicast("left0", cable.left_index, Family::ipv4);
    const Listen ipv6 = multicast("left0", cable.left_index, Family::ipv6);
    CHECK(set.sync({ipv4, ipv6}).empty());
    CHECK(set.sockets.size() == 2);
    const int fd = set.sockets.find(cable.left_index, Family::ipv4)->fd();

    // More groups for the same socket, from several entries.
    const Listen more{"left0", cable.left_index, Family::ipv4, {ip("239.1.1.1")}};
    CHECK(set.sync({ipv4, more}).empty());
    CHECK(set.sockets.size() == 1);
    CHECK(set.sockets.find(cable.left_index, Family::ipv6) == nullptr);
    const VrrpSocket* kept = set.sockets.find(cable.left_index, Family::ipv4);
    REQUIRE(kept != nullptr);
    CHECK(kept->fd() == fd);
    CHECK(kept->groups() == std::set<IpAddress>{ip("224.0.0.18"), ip("239.1.1.1")});
    CHECK_THAT(output_of("ip maddr show dev left0"), Contains("239.1.1.1"));

    CHECK(set.sync({ipv4}).empty());
    CHECK_THAT(output_of("ip maddr show dev left0"), !Contains("239.1.1.1") && Contains("224.0.0.18"));
    CHECK(set.sync({}).empty());
    CHECK(set.sockets.size() == 0);
    CHECK_THAT(output_of("ip maddr show dev left0"), !Contains("224.0.0.18"));
}

TEST_CASE("A socket that cannot be opened is a problem until it can") {
    REQUIRE_NETWORK();
    const Cable cable;
    Synced set;
    const auto problems = set.sync(
        {multicast("gone0", 9999, Family::ipv6), multicast("left0", cable.left_index, Family::ipv4)});
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].interface == "gone0");
    CHECK(problems[0].family == Family::ipv6);
    CHECK(set.sockets.size() == 1);
    const auto unsent = set.sockets.send(advert(9999, "fe80::1", "ff02::12"));
    REQUIRE_FALSE(unsent);
    CHECK_THAT(unsent.error().text, Contains("no open socket"));
}

namespace {

/// An interface that others make anew, with the same name and the same index.
struct Again {
    static constexpr int index = 700;
    Again() { run("ip link add again0 index 700 type veth peer name again1 && ip link set again0 up"); }
    static void make_anew() {
        run("ip link del again0 && ip link add again0 index 700 type veth peer name again1");
    }
};

}  // namespace

TEST_CASE("An interface that was made again, even with the same index, gets a new socket") {
    REQUIRE_NETWORK();
    const Cable cable;
    const Again again;
    Synced set;
    const std::vector<Listen> wanted{multicast("again0", again.index, Family::ipv4)};
    CHECK(set.sync(wanted).empty());
    again.make_anew();
    CHECK_THAT(output_of("ip maddr show dev again0"), !Contains("224.0.0.18"));
    set.sockets.interface_removed(again.index);
    CHECK(set.sockets.size() == 0);
    CHECK(set.sync(wanted).empty());
    CHECK_THAT(output_of("ip maddr show dev again0"), Contains("224.0.0.18"));
}

TEST_CASE("Groups that the kernel may have forgotten are joined anew by the socket that is there") {
    REQUIRE_NETWORK();
    const Cable cable;
    const Again again;
    Synced set;
    const std::vector<Listen> wanted{multicast("again0", again.index, Family::ipv4),
                                     multicast("again0", again.index, Family::ipv6)};
    CHECK(set.sync(wanted).empty());
    again.make_anew();
    CHECK(set.sync(wanted).empty());
    CHECK_THAT(output_of("ip maddr show dev again0"), !Contains("224.0.0.18") && !Contains("ff02::12"));
    set.sockets.leave_groups();
    CHECK(set.sockets.size() == 2);
    CHECK(set.sync(wanted).empty());
    CHECK_THAT(output_of("ip maddr show dev again0"), Contains("224.0.0.18") && Contains("ff02::12"));
}

TEST_CASE("Many datagrams on one interface do not hold up another") {
    REQUIRE_NETWORK();
    const Cable cable;
    run("ip link add two0 type veth peer name two1 netns " + cable.right.path() +
        " && ip link set two0 up && ip addr add 198.51.100.1/24 dev two0");
    const int two0 = index_of("two0");
    Synced sender;
    CHECK(
        sender
            .sync({multicast("left0", cable.left_index, Family::ipv4), multicast("two0", two0, Family::ipv4),
                   multicast("left0", cable.left_index, Family::ipv6)})
            .empty());
    cable.right.enter();
    run("ip link set two1 up && ip addr add 198.51.100.2/24 dev two1");
    const int two1 = index_of("two1");
    Synced receiver;
    CHECK(receiver
              .sync({multicast("right0", cable.right_index, Family::ipv4),
                     multicast("two1", two1, Family::ipv4),
                     multicast("right0", cable.right_index, Family::ipv6)})
              .empty());
    cable.left.enter();
    eventually([] { return output_of("ip -o link show two0").find("qdisc noqueue") != std::string::npos; });

    for (int count = 0; count < 300; ++count) {
        REQUIRE(sender.sockets.send(advert(cable.left_index, "192.0.2.1", "224.0.0.18")));
    }
    REQUIRE(sender.sockets.send(advert(two0, "198.51.100.1", "224.0.0.18")));
    REQUIRE(sender.sockets.send(advert(cable.left_index, "fe80::1", "ff02::12")));
    REQUIRE(readable(receiver.sockets.find(two1, Family::ipv4)->fd()));
    REQUIRE(readable(receiver.sockets.find(cable.right_index, Family::ipv6)->fd()));

    const auto limit = GENERATE(as<std::size_t>{}, 1, 2, 3, 10);
    std::vector<core::Input> first;
    std::size_t calls = 0;
    const auto heard_all = [&] {
        bool two = false;
        bool ipv6 = false;
        for (const auto& packet : only<core::PacketReceived>(first)) {
            two = two || packet.interface_index == two1;
            ipv6 = ipv6 || packet.source.is_ipv6();
        }
        return two && ipv6;
    };
    for (; calls < 3 && !heard_all(); ++calls)
        CHECK(receiver.sockets.receive_all(first, limit) == limit);
    CHECK(heard_all());

    std::vector<core::Input> rest;
    const std::size_t left = 302 - first.size();
    CHECK(receiver.sockets.receive_all(rest, 1000) == left);
    CHECK(receiver.sockets.receive_all(rest, 1000) == 0);
    CHECK(receiver.sockets.receive_errors() == 0);
    pollfd nothing{receiver.sockets.fd(), POLLIN, 0};
    CHECK(::poll(&nothing, 1, 0) == 0);
}
