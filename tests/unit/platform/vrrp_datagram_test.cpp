// SPDX-License-Identifier: Apache-2.0
// What raw sockets deliver, taken apart without ever reading outside of it.
#include "agent/platform/vrrp_datagram.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <netinet/in.h>

using namespace regent;
using namespace regent::platform;

namespace {

Bytes ipv4_datagram(std::size_t header_words, const Bytes& message) {
    Bytes bytes(header_words * 4, 0);
    bytes[0] = static_cast<std::uint8_t>(0x40 | header_words);
    bytes[8] = 255;
    const Bytes addresses{192, 0, 2, 1, 224, 0, 0, 18};
    std::ranges::copy(addresses, bytes.begin() + 12);
    bytes.insert(bytes.end(), message.begin(), message.end());
    return bytes;
}

}  // namespace

TEST_CASE("The IPv4 header is read and taken off, options included") {
    const auto words = GENERATE(as<std::size_t>{}, 5, 6, 15);
    const auto packet = ipv4_packet(ipv4_datagram(words, {1, 2, 3}), 7);
    REQUIRE(packet);
    CHECK(packet->interface_index == 7);
    CHECK(packet->source.to_string() == "192.0.2.1");
    CHECK(packet->destination.to_string() == "224.0.0.18");
    CHECK(packet->ttl == 255);
    CHECK(packet->message == Bytes{1, 2, 3});
}

TEST_CASE("An IPv4 header that is not all there gives no packet") {
    const Bytes whole = ipv4_datagram(5, {});
    CHECK(ipv4_packet(whole, 1));
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(ipv4_packet(ByteView(whole).first(size), 1));
    Bytes longer_than_it_is = whole;
    longer_than_it_is[0] = 0x46;
    CHECK_FALSE(ipv4_packet(longer_than_it_is, 1));
    Bytes shorter_than_can_be = ipv4_datagram(5, {1, 2, 3, 4});
    shorter_than_can_be[0] = 0x44;
    CHECK_FALSE(ipv4_packet(shorter_than_can_be, 1));
}

TEST_CASE("An IPv6 datagram without hop limit or destination gives no packet") {
    const Bytes message{1, 2, 3};
    sockaddr_in6 sender{};
    sender.sin6_family = AF_INET6;
    sender.sin6_addr.s6_addr[15] = 9;
    msghdr header{};
    header.msg_name = &sender;
    header.msg_namelen = sizeof sender;
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(in6_pktinfo))>
        control{};
    header.msg_control = control.data();
    const auto put = [&](std::size_t at, int type, const void* value, std::size_t size) {
        cmsghdr one{};
        one.cmsg_len = CMSG_LEN(size);
        one.cmsg_level = IPPROTO_IPV6;
        one.cmsg_type = type;
        std::memcpy(control.data() + at, &one, sizeof one);
        std::memcpy(control.data() + at + CMSG_LEN(0), value, size);
        header.msg_controllen = at + CMSG_SPACE(size);
    };
    CHECK_FALSE(ipv6_packet({message, &header}, 3));
    const int hop_limit = 254;
    put(0, IPV6_HOPLIMIT, &hop_limit, sizeof hop_limit);
    CHECK_FALSE(ipv6_packet({message, &header}, 3));
    in6_pktinfo destination{};
    destination.ipi6_addr.s6_addr[0] = 0xff;
    put(CMSG_SPACE(sizeof hop_limit), IPV6_PKTINFO, &destination, sizeof destination);
    const auto packet = ipv6_packet({message, &header}, 3);
    REQUIRE(packet);
    CHECK(packet->interface_index == 3);
    CHECK(packet->ttl == 254);
    CHECK(packet->source.to_string() == "::9");
    CHECK(packet->destination.to_string() == "ff00::");
    CHECK(packet->message == message);

    header.msg_namelen = 4;
    CHECK_FALSE(ipv6_packet({message, &header}, 3));
}
