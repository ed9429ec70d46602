// SPDX-License-Identifier: Apache-2.0
// Addresses are compared to break ties between masters (RFC 9568 §6.4.3) and parsed from the configuration.
#include "agent/base/ip_address.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>
#include <string>

using namespace regent;

namespace {

IpAddress ip(const char* text) {
    const auto address = IpAddress::parse(text);
    REQUIRE(address);
    return *address;
}

Bytes bytes_of(const IpAddress& address) {
    return {address.bytes().begin(), address.bytes().end()};
}

}  // namespace

TEST_CASE("Family prints as the name of the protocol") {
    CHECK(to_string(Family::ipv4) == "IPv4");
    CHECK(to_string(Family::ipv6) == "IPv6");
}

TEST_CASE("a default address is 0.0.0.0") {
    CHECK(IpAddress().is_ipv4());
    CHECK(IpAddress().to_string() == "0.0.0.0");
    CHECK(IpAddress().is_unspecified());
}

TEST_CASE("IPv4 text becomes 4 bytes in network byte order") {
    const IpAddress address = ip("192.0.2.10");
    CHECK(address.family() == Family::ipv4);
    CHECK(address.is_ipv4());
    CHECK_FALSE(address.is_ipv6());
    CHECK(address.size() == 4);
    CHECK(address.full_prefix() == 32);
    CHECK(bytes_of(address) == Bytes{192, 0, 2, 10});
    CHECK(address.to_string() == "192.0.2.10");
}

TEST_CASE("IPv6 text becomes 16 bytes in network byte order") {
    const IpAddress address = ip("2001:DB8:0:0:0:0:0:10");
    CHECK(address.family() == Family::ipv6);
    CHECK(address.is_ipv6());
    CHECK_FALSE(address.is_ipv4());
    CHECK(address.size() == 16);
    CHECK(address.full_prefix() == 128);
    CHECK(bytes_of(address) == Bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10});
    CHECK(address.to_string() == "2001:db8::10");
}

TEST_CASE("an IPv4-mapped IPv6 address stays IPv6") {
    CHECK(ip("::ffff:192.0.2.10").is_ipv6());
    CHECK(ip("::ffff:192.0.2.10") != ip("192.0.2.10"));
}

TEST_CASE("text that is no address is refused") {
    const std::string text = GENERATE("", " ", "192.0.2", "192.0.2.256", "192.0.2.1.1", "192.0.2.1/24",
                                      " 192.0.2.1", "192.0.2.1 ", "1", "0x7f.0.0.1", "fe80::1%eth0",
                                      "[fe80::1]", "fe80::1/64", ":::", "1::2::3", "::12345", "localhost");
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text));
}

TEST_CASE("text with a NUL is refused even when it begins as an address") {
    using namespace std::string_literals;
    CHECK_FALSE(IpAddress::parse("192.0.2.1\0"s));
    CHECK_FALSE(IpAddress::parse("192.0.2.1\0.5"s));
}

TEST_CASE("only 4 and 16 bytes make an address") {
    for (std::size_t size = 0; size <= 20; ++size) {
        CAPTURE(size);
        const auto address = IpAddress::from_bytes(Bytes(size, 0x2a));
        REQUIRE(address.has_value() == (size == 4 || size == 16));
        if (address) CHECK(address->size() == size);
    }
}

TEST_CASE("addresses compare as unsigned integers in network byte order within a family") {
    CHECK(ip("9.0.0.0") < ip("10.0.0.0"));
    CHECK(ip("127.255.255.255") < ip("128.0.0.0"));
    CHECK(ip("10.0.0.255") < ip("10.0.1.0"));
    CHECK(ip("10.0.0.1") == ip("10.0.0.1"));
    CHECK(ip("fe80::ff") < ip("fe80::100"));
    CHECK(ip("7f00::") < ip("8000::"));
    CHECK(ip("255.255.255.255") < ip("::"));
}

TEST_CASE("kinds of addresses") {
    struct Row {
        const char* text;
        bool multicast, link_local, loopback, unspecified;
    };
    const auto row = GENERATE(values<Row>({
        {"192.0.2.10", false, false, false, false},
        {"223.255.255.255", false, false, false, false},
        {"224.0.0.18", true, false, false, false},
        {"239.255.255.255", true, false, false, false},
        {"240.0.0.0", false, false, false, false},
        {"169.254.0.1", false, true, false, false},
        {"169.253.255.255", false, false, false, false},
        {"168.254.0.1", false, false, false, false},
        {"127.0.0.1", false, false, true, false},
        {"127.255.255.255", false, false, true, false},
        {"128.0.0.1", false, false, false, false},
        {"0.0.0.0", false, false, false, true},
        {"0.0.0.1", false, false, false, false},
        {"2001:db8::1", false, false, false, false},
        {"ff02::12", true, false, false, false},
        {"fe80::1", false, true, false, false},
        {"febf:ffff::1", false, true, false, false},
        {"fec0::1", false, false, false, false},
        {"fd80::1", false, false, false, false},
        {"::1", false, false, true, false},
        {"::", false, false, false, true},
        {"1::1", false, false, false, false},
        {"::2", false, false, false, false},
    }));
    CAPTURE(row.text);
    const IpAddress address = ip(row.text);
    CHECK(address.is_multicast() == row.multicast);
    CHECK(address.is_link_local() == row.link_local);
    CHECK(address.is_loopback() == row.loopback);
    CHECK(address.is_unspecified() == row.unspecified);
}

TEST_CASE("address properties") {
    rc::prop("printing and parsing gives the same IPv4 address", [](const std::array<std::uint8_t, 4>& raw) {
        const auto address = IpAddress::from_bytes(raw);
        RC_ASSERT(IpAddress::parse(address->to_string()) == address);
    });
    rc::prop("printing and parsing gives the same IPv6 address", [](const std::array<std::uint8_t, 16>& raw) {
        const auto address = IpAddress::from_bytes(raw);
        RC_ASSERT(IpAddress::parse(address->to_string()) == address);
    });
    rc::prop("comparison is that of the bytes",
             [](const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b) {
                 const bool less = std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
                 RC_ASSERT((*IpAddress::from_bytes(a) < *IpAddress::from_bytes(b)) == less);
                 RC_ASSERT((*IpAddress::from_bytes(a) == *IpAddress::from_bytes(b)) == (a == b));
             });
    rc::prop("any text is refused or prints as an address that parses", [](const std::string& text) {
        const auto address = IpAddress::parse(text);
        if (address) RC_ASSERT(IpAddress::parse(address->to_string()) == address);
    });
}
