// SPDX-License-Identifier: Apache-2.0
// Frames leave as they were made, and say so when they cannot.
#include "agent/platform/packet_socket.hpp"

#include <catch2/catch.hpp>
#include <netinet/if_ether.h>

#include "agent/vrrp/gratuitous.hpp"

#include "network.hpp"

using namespace regent;
using namespace regent::platform;
using namespace regent::platform::test;

TEST_CASE("Gratuitous ARP and neighbour advertisement arrive byte for byte") {
    REQUIRE_NETWORK();
    const Cable cable;
    const auto socket = PacketSocket::open();
    REQUIRE(socket);
    cable.right.enter();
    Capture capture(cable.right_index);
    const MacAddress mac{{0x02, 0, 0, 0, 0, 0x01}};
    const Bytes arp = vrrp::gratuitous_arp(mac, ip("192.0.2.210"));
    const Bytes advertisement = vrrp::unsolicited_neighbour_advertisement(mac, ip("2001:db8::210"), true);
    REQUIRE(socket->send({cable.left_index, arp}));
    CHECK(capture.next(ETHERTYPE_ARP, {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}) == arp);
    REQUIRE(socket->send({cable.left_index, advertisement}));
    CHECK(capture.next(ETHERTYPE_IPV6, {{0x33, 0x33, 0, 0, 0, 0x01}}) == advertisement);
}

TEST_CASE("A gratuitous ARP moves the entry of a neighbour") {
    REQUIRE_NETWORK();
    const Cable cable;
    const auto socket = PacketSocket::open();
    REQUIRE(socket);
    cable.right.enter();
    run("ip neigh add 192.0.2.210 lladdr 02:00:00:00:00:99 dev right0 nud stale");
    const MacAddress mac{{0x02, 0, 0, 0, 0, 0x01}};
    REQUIRE(socket->send({cable.left_index, vrrp::gratuitous_arp(mac, ip("192.0.2.210"))}));
    CHECK_THAT(output_of("ip neigh show 192.0.2.210"), Catch::Matchers::Contains("02:00:00:00:00:01"));
}

TEST_CASE("A frame that cannot leave is an error") {
    REQUIRE_NETWORK();
    const Cable cable;
    const auto socket = PacketSocket::open();
    REQUIRE(socket);
    const Bytes frame = vrrp::gratuitous_arp(MacAddress{}, ip("192.0.2.210"));
    CHECK_FALSE(socket->send({9999, frame}));
    CHECK_FALSE(socket->send({cable.left_index, Bytes(13)}));
    run("ip link set left0 down");
    const auto down = socket->send({cable.left_index, frame});
    REQUIRE_FALSE(down);
    CHECK(down.error().code == ENETDOWN);
    const WithoutCapability without(CAP_NET_RAW);
    const auto refused = PacketSocket::open();
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().text, Catch::Matchers::Contains("CAP_NET_RAW"));
}

TEST_CASE("Five announcements of a thousand addresses leave in one go") {
    REQUIRE_NETWORK();
    const Cable cable;
    const auto socket = PacketSocket::open();
    REQUIRE(socket);
    const Bytes frame = vrrp::gratuitous_arp(MacAddress{}, ip("192.0.2.210"));
    std::size_t failures = 0;
    for (int count = 0; count < 5000; ++count) {
        if (!socket->send({cable.left_index, frame})) ++failures;
    }
    CHECK(failures == 0);
}
