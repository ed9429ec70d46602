// SPDX-License-Identifier: Apache-2.0
// Advertisements byte by byte, which must never change. Most were computed outside this tree from the figures
// of RFC 9568 §5.1 and RFC 3768 §5.1; the last were captured from Debian's keepalived 2.2.7.
#include <catch2/catch.hpp>

#include "agent/vrrp/packet.hpp"

#include "tests/unit/base/aborts.hpp"
#include "tests/unit/vrrp/support.hpp"

using namespace regent;
using namespace regent::vrrp;
using namespace regent::vrrp::test;
using namespace std::chrono_literals;

namespace {

struct Golden {
    const char* name;
    Advert advert;
    const char* source;
    const char* destination;
    ChecksumForm form;
    const char* hex;
};

Advert advert(Version version, std::uint8_t priority, Duration interval,
              const std::vector<std::string_view>& addresses, std::uint8_t vrid = 51) {
    Advert made;
    made.version = version;
    made.virtual_router_id = vrid;
    made.priority = priority;
    made.interval = interval;
    for (const auto text : addresses)
        made.addresses.push_back(ip(text));
    return made;
}

Advert with_password(Advert made, std::string_view text) {
    made.password = make_password(text);
    return made;
}

std::vector<Golden> goldens() {
    constexpr auto message_only = ChecksumForm::message_only;
    constexpr auto pseudo = ChecksumForm::pseudo_header;
    const Advert v3_ipv4 = advert(Version::v3, 101, 1s, {"192.0.2.10"});
    return {
        {"version 2 without authentication", advert(Version::v2, 101, 1s, {"192.0.2.10"}), "192.0.2.1",
         "224.0.0.18", message_only, "21 33 65 01 00 01 b7 bf c0 00 02 0a 00 00 00 00 00 00 00 00"},
        {"version 2 with two addresses", advert(Version::v2, 101, 3s, {"192.0.2.10", "192.0.2.11"}),
         "192.0.2.1", "224.0.0.18", message_only,
         "21 33 65 02 00 03 f5 b0 c0 00 02 0a c0 00 02 0b 00 00 00 00 00 00 00 00"},
        {"version 2 has one checksum form only", advert(Version::v2, 101, 1s, {"192.0.2.10"}), "192.0.2.1",
         "224.0.0.18", pseudo, "21 33 65 01 00 01 b7 bf c0 00 02 0a 00 00 00 00 00 00 00 00"},
        {"version 2 with a password", with_password(advert(Version::v2, 101, 1s, {"192.0.2.10"}), "1111"),
         "192.0.2.1", "224.0.0.18", message_only,
         "21 33 65 01 01 01 54 5d c0 00 02 0a 31 31 31 31 00 00 00 00"},
        {"version 2 unicast, longest interval, password cut to 8",
         with_password(advert(Version::v2, 50, 255s, {"192.0.2.10"}, 255), "secretsauce"), "192.0.2.1",
         "192.0.2.2", message_only, "21 ff 32 01 01 ff 38 48 c0 00 02 0a 73 65 63 72 65 74 73 61"},
        {"version 3 IPv4, RFC 9568 checksum", v3_ipv4, "192.0.2.1", "224.0.0.18", message_only,
         "31 33 65 01 00 64 a7 5c c0 00 02 0a"},
        {"version 3 IPv4, RFC 5798 checksum", v3_ipv4, "192.0.2.1", "224.0.0.18", pseudo,
         "31 33 65 01 00 64 04 cc c0 00 02 0a"},
        {"version 3 IPv4 unicast, RFC 5798 checksum", v3_ipv4, "192.0.2.1", "192.0.2.2", pseudo,
         "31 33 65 01 00 64 22 dc c0 00 02 0a"},
        {"version 3 IPv4 unicast, RFC 9568 checksum knows no destination", v3_ipv4, "192.0.2.1", "192.0.2.2",
         message_only, "31 33 65 01 00 64 a7 5c c0 00 02 0a"},
        {"version 3 owner, longest interval, addresses in configured order",
         advert(Version::v3, owner_priority, 40950ms, {"198.51.100.7", "192.0.2.10"}, 1), "192.0.2.1",
         "224.0.0.18", message_only, "31 01 ff 02 0f ff d3 b6 c6 33 64 07 c0 00 02 0a"},
        {"version 3 IPv6", advert(Version::v3, 101, 1s, {"fe80::10", "2001:db8::10"}), "fe80::1", "ff02::12",
         pseudo,
         "31 33 65 02 00 64 3e dd fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 10"
         "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 10"},
        {"version 3 IPv6 unicast, priority 0, shortest interval, form does not count",
         advert(Version::v3, leaving_priority, 10ms, {"2001:db8::10"}, 7), "2001:db8::1", "2001:db8::2",
         message_only, "31 07 00 01 00 01 45 30 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 10"},
        {"keepalived version 2", advert(Version::v2, 101, 1s, {"192.0.2.10"}), "192.0.2.1", "224.0.0.18",
         message_only, "21 33 65 01 00 01 b7 bf c0 00 02 0a 00 00 00 00 00 00 00 00"},
        {"keepalived version 2, auth_pass 1111",
         with_password(advert(Version::v2, 101, 1s, {"192.0.2.20"}, 52), "1111"), "192.0.2.1", "224.0.0.18",
         message_only, "21 34 65 01 01 01 54 52 c0 00 02 14 31 31 31 31 00 00 00 00"},
        {"keepalived version 3", advert(Version::v3, 101, 1s, {"192.0.2.30"}, 53), "192.0.2.1", "224.0.0.18",
         pseudo, "31 35 65 01 00 64 04 b6 c0 00 02 1e"},
        {"keepalived version 3 unicast", advert(Version::v3, 101, 1s, {"192.0.2.40"}, 54), "192.0.2.1",
         "192.0.2.2", pseudo, "31 36 65 01 00 64 22 bb c0 00 02 28"},
        {"keepalived version 3 IPv6", advert(Version::v3, 101, 1s, {"fe80::10", "2001:db8::10"}, 55),
         "fe80::1", "ff02::12", pseudo,
         "31 37 65 02 00 64 3e d9 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 10"
         "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 10"},
    };
}

}  // namespace

TEST_CASE("encode makes the known bytes and decode reads them back") {
    for (const Golden& golden : goldens()) {
        CAPTURE(golden.name);
        const IpAddress source = ip(golden.source);
        const IpAddress destination = ip(golden.destination);
        const Bytes bytes = from_hex(golden.hex);
        CHECK(encode(golden.advert, source, destination, golden.form) == bytes);
        const auto decoded = decode(bytes, source, destination, required_ttl);
        REQUIRE(verdict(decoded) == "accepted");
        CHECK(decoded->advert == golden.advert);
        const bool form_is_free = golden.advert.version == Version::v3 && source.is_ipv4();
        CHECK(decoded->checksum_form == (form_is_free ? std::optional(golden.form) : std::nullopt));
        REQUIRE(peek(bytes));
        CHECK(peek(bytes)->version == static_cast<std::uint8_t>(golden.advert.version));
        CHECK(peek(bytes)->virtual_router_id == golden.advert.virtual_router_id);
    }
}

TEST_CASE("peek needs a whole header and nothing more") {
    CHECK_FALSE(peek(Bytes{}));
    CHECK_FALSE(peek(from_hex("f0 07 00 00 00 00 00")));
    const auto peeked = peek(from_hex("f0 07 00 00 00 00 00 00"));
    REQUIRE(peeked);
    CHECK(peeked->version == 15);
    CHECK(peeked->virtual_router_id == 7);
}

TEST_CASE("the groups are those of RFC 9568") {
    CHECK(multicast_group(Family::ipv4).to_string() == "224.0.0.18");
    CHECK(multicast_group(Family::ipv6).to_string() == "ff02::12");
}

TEST_CASE("a password is padded with NUL or cut to 8 bytes") {
    CHECK(make_password("") == Password{});
    CHECK(make_password("ab") == Password{'a', 'b', 0, 0, 0, 0, 0, 0});
    CHECK(make_password("12345678") == Password{'1', '2', '3', '4', '5', '6', '7', '8'});
    CHECK(make_password("123456789") == make_password("12345678"));
}

TEST_CASE("an interval between two units of the wire is rounded down") {
    const auto interval_of = [](const Advert& made) {
        const auto bytes = encode(made, ip("192.0.2.1"), ip("224.0.0.18"), ChecksumForm::message_only);
        const auto decoded = decode(bytes, ip("192.0.2.1"), ip("224.0.0.18"), required_ttl);
        return decoded ? decoded->advert.interval : Duration(-1);
    };
    CHECK(interval_of(advert(Version::v2, 1, 1999ms, {"192.0.2.10"})) == 1s);
    CHECK(interval_of(advert(Version::v3, 1, 19ms, {"192.0.2.10"})) == 10ms);
}

TEST_CASE("255 addresses fill the count field") {
    Advert made = advert(Version::v3, 1, 1s, {});
    for (unsigned i = 0; i < maximum_addresses; ++i)
        made.addresses.push_back(ip("10.0.0." + std::to_string(i)));
    const auto bytes = encode(made, ip("192.0.2.1"), ip("224.0.0.18"), ChecksumForm::pseudo_header);
    CHECK(bytes.size() == 8 + 4 * 255);
    CHECK(bytes[3] == 255);
    const auto decoded = decode(bytes, ip("192.0.2.1"), ip("224.0.0.18"), required_ttl);
    REQUIRE(verdict(decoded) == "accepted");
    CHECK(decoded->advert == made);
}

TEST_CASE("what the configuration must never let through ends the process") {
    const auto dies = [](const Advert& made, const char* source, const char* destination) {
        return regent::test::abort_message(
                   [&] { encode(made, ip(source), ip(destination), ChecksumForm::message_only); })
            .has_value();
    };
    const Advert good = advert(Version::v3, 1, 1s, {"192.0.2.10"});
    CHECK_FALSE(dies(good, "192.0.2.1", "224.0.0.18"));
    CHECK(dies(good, "192.0.2.1", "ff02::12"));
    CHECK(dies(good, "fe80::1", "ff02::12"));
    CHECK(dies(advert(Version::v2, 1, 1s, {"fe80::10"}), "fe80::1", "ff02::12"));
    CHECK(dies(advert(Version::v2, 1, 256s, {"192.0.2.10"}), "192.0.2.1", "224.0.0.18"));
    CHECK(dies(advert(Version::v2, 1, -1s, {"192.0.2.10"}), "192.0.2.1", "224.0.0.18"));
    CHECK(dies(advert(Version::v3, 1, 40960ms, {"192.0.2.10"}), "192.0.2.1", "224.0.0.18"));
    CHECK(dies(advert(Version::v3, 1, -1ns, {"192.0.2.10"}), "192.0.2.1", "224.0.0.18"));
    Advert crowded = good;
    crowded.addresses.assign(maximum_addresses + 1, ip("192.0.2.10"));
    CHECK(dies(crowded, "192.0.2.1", "224.0.0.18"));
}

TEST_CASE("capacity is what the link holds, at most 255") {
    struct Row {
        Version version;
        Family family;
        std::size_t mtu, capacity;
    };
    const auto row = GENERATE(values<Row>({
        {Version::v3, Family::ipv4, 68, 10},    {Version::v2, Family::ipv4, 68, 8},
        {Version::v3, Family::ipv4, 1280, 255}, {Version::v3, Family::ipv4, 1047, 254},
        {Version::v3, Family::ipv4, 1048, 255}, {Version::v2, Family::ipv4, 1055, 254},
        {Version::v2, Family::ipv4, 1056, 255}, {Version::v3, Family::ipv4, 1500, 255},
        {Version::v2, Family::ipv4, 1500, 255}, {Version::v3, Family::ipv4, 9000, 255},
        {Version::v2, Family::ipv4, 9000, 255}, {Version::v3, Family::ipv6, 1280, 77},
        {Version::v3, Family::ipv6, 1500, 90},  {Version::v3, Family::ipv6, 9000, 255},
        {Version::v3, Family::ipv6, 68, 1},     {Version::v3, Family::ipv6, 63, 0},
        {Version::v3, Family::ipv4, 31, 0},     {Version::v3, Family::ipv4, 32, 1},
        {Version::v3, Family::ipv4, 27, 0},     {Version::v2, Family::ipv4, 0, 0},
    }));
    CAPTURE(static_cast<int>(row.version), to_string(row.family), row.mtu);
    CHECK(address_capacity(row.version, row.family, row.mtu) == row.capacity);
}
