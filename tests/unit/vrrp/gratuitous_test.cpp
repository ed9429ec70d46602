// SPDX-License-Identifier: Apache-2.0
// The announcing frames byte by byte, computed outside this tree.
#include "agent/vrrp/gratuitous.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/base/aborts.hpp"
#include "tests/unit/vrrp/support.hpp"

using namespace regent;
using namespace regent::vrrp;
using namespace regent::vrrp::test;

namespace {

const MacAddress mac{{0x02, 0x00, 0x5e, 0x10, 0x00, 0x01}};

}  // namespace

TEST_CASE("gratuitous ARP") {
    const Bytes frame = gratuitous_arp(mac, ip("192.0.2.10"));
    CHECK(frame.size() == 42);
    CHECK(frame == from_hex("ff ff ff ff ff ff"                 // to everybody
                            "02 00 5e 10 00 01 08 06"           // from us, ARP
                            "00 01 08 00 06 04 00 01"           // Ethernet, IPv4, request
                            "02 00 5e 10 00 01 c0 00 02 0a"     // sender
                            "02 00 5e 10 00 01 c0 00 02 0a"));  // target
}

TEST_CASE("unsolicited neighbour advertisement") {
    // The router flag moves one bit and, with it, the checksum.
    const std::string head =
        "33 33 00 00 00 01 02 00 5e 10 00 01 86 dd"         // to all nodes, IPv6
        "60 00 00 00 00 20 3a ff"                           // 32 bytes of ICMPv6, hop limit 255
        "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 10"   // source: the address itself
        "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01";  // destination
    const std::string target_and_option =
        "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 10"
        "02 01 02 00 5e 10 00 01";
    CHECK(unsolicited_neighbour_advertisement(mac, ip("2001:db8::10"), false) ==
          from_hex(head + "88 00 9a fc 20 00 00 00" + target_and_option));
    CHECK(unsolicited_neighbour_advertisement(mac, ip("2001:db8::10"), true) ==
          from_hex(head + "88 00 1a fc a0 00 00 00" + target_and_option));
}

TEST_CASE("the checksum of a neighbour advertisement verifies for a link-local address too") {
    const IpAddress address = ip("fe80::10");
    const Bytes frame = unsolicited_neighbour_advertisement(mac, address, true);
    REQUIRE(frame.size() == 86);
    Bytes covered = pseudo_header(address, ip("ff02::1"), 32, 58);
    covered.insert(covered.end(), frame.begin() + 54, frame.end());
    CHECK(reference_checksum(covered) == 0);
}

TEST_CASE("an address of the wrong family ends the process") {
    using regent::test::abort_message;
    CHECK(abort_message([] { gratuitous_arp(mac, ip("2001:db8::10")); }));
    CHECK(abort_message([] { unsolicited_neighbour_advertisement(mac, ip("192.0.2.10"), false); }));
    CHECK_FALSE(abort_message([] { gratuitous_arp(mac, ip("192.0.2.10")); }));
}
