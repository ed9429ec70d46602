// SPDX-License-Identifier: Apache-2.0
// Every check of decode() in both polarities: the packet that just passes and the one that just fails, with
// nothing else wrong. The checksum is made right again after each change unless the checksum is what is
// tested.
#include <catch2/catch.hpp>
#include <set>

#include "agent/vrrp/packet.hpp"

#include "tests/unit/vrrp/support.hpp"

using namespace regent;
using namespace regent::vrrp;
using namespace regent::vrrp::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* v2_message = "21 33 65 01 00 01 00 00 c0 00 02 0a 00 00 00 00 00 00 00 00";
constexpr const char* v3_message = "31 33 65 01 00 64 00 00 c0 00 02 0a";
constexpr const char* v3_ipv6_message =
    "31 33 65 01 00 64 00 00 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 10";

/// Where a message comes from and how its checksum is made.
struct Path {
    const char* source;
    const char* destination;
    ChecksumForm form;
};
constexpr Path ipv4{"192.0.2.1", "224.0.0.18", ChecksumForm::message_only};
constexpr Path ipv4_pseudo{"192.0.2.1", "224.0.0.18", ChecksumForm::pseudo_header};
constexpr Path ipv6{"fe80::1", "ff02::12", ChecksumForm::pseudo_header};

Bytes sealed(Bytes message, const Path& path) {
    return with_checksum(std::move(message), ip(path.source), ip(path.destination), path.form);
}

std::string receive(const Bytes& message, const Path& path, std::uint8_t ttl = required_ttl,
                    const Leniency& leniency = {}) {
    return verdict(decode(message, ip(path.source), ip(path.destination), ttl, leniency));
}

std::string receive_sealed(const Bytes& message, const Path& path) {
    return receive(sealed(message, path), path);
}

Bytes changed(const char* hex, std::size_t offset, std::uint8_t value) {
    Bytes message = from_hex(hex);
    message.at(offset) = value;
    return message;
}

}  // namespace

TEST_CASE("F-rx: the unchanged messages are accepted") {
    CHECK(receive_sealed(from_hex(v2_message), ipv4) == "accepted");
    CHECK(receive_sealed(from_hex(v3_message), ipv4) == "accepted");
    CHECK(receive_sealed(from_hex(v3_message), ipv4_pseudo) == "accepted");
    CHECK(receive_sealed(from_hex(v3_ipv6_message), ipv6) == "accepted");
}

TEST_CASE("F-rx ttl: only 255, unless it is not to be checked") {
    for (const int ttl : {254, 128, 64, 1, 0}) {
        CAPTURE(ttl);
        const auto value = static_cast<std::uint8_t>(ttl);
        CHECK(receive(sealed(from_hex(v2_message), ipv4), ipv4, value) == "ttl");
        CHECK(receive(sealed(from_hex(v3_message), ipv4), ipv4, value) == "ttl");
        CHECK(receive(sealed(from_hex(v3_ipv6_message), ipv6), ipv6, value) == "ttl");
        CHECK(receive(sealed(from_hex(v3_message), ipv4), ipv4, value, {.any_ttl = true}) == "accepted");
    }
    CHECK(receive(sealed(from_hex(v3_message), ipv4), ipv4, 255, {.any_ttl = true}) == "accepted");
}

TEST_CASE("F-rx version: 2 and 3 over IPv4, 3 over IPv6") {
    for (unsigned version = 0; version < 16; ++version) {
        CAPTURE(version);
        const auto first = static_cast<std::uint8_t>(version << 4 | 1);
        const bool known = version == 2 || version == 3;
        CHECK(receive_sealed(changed(v3_message, 0, first), ipv4) ==
              (version == 3   ? "accepted"
               : version == 2 ? "length"  // no authentication data behind the addresses
                              : "version"));
        CHECK(receive_sealed(changed(v2_message, 0, first), ipv4) == (version == 2 ? "accepted"
                                                                      : known      ? "length"
                                                                                   : "version"));
        CHECK(receive_sealed(changed(v3_ipv6_message, 0, first), ipv6) ==
              (version == 3 ? "accepted" : "version"));
    }
}

TEST_CASE("F-rx type: ADVERTISEMENT only") {
    for (unsigned type = 0; type < 16; ++type) {
        CAPTURE(type);
        const std::string expected = type == 1 ? "accepted" : "type";
        CHECK(receive_sealed(changed(v2_message, 0, static_cast<std::uint8_t>(0x20 | type)), ipv4) ==
              expected);
        CHECK(receive_sealed(changed(v3_message, 0, static_cast<std::uint8_t>(0x30 | type)), ipv4) ==
              expected);
        CHECK(receive_sealed(changed(v3_ipv6_message, 0, static_cast<std::uint8_t>(0x30 | type)), ipv6) ==
              expected);
    }
}

TEST_CASE("F-rx length: exactly what the count says") {
    struct Row {
        const char* hex;
        Path path;
    };
    for (const Row& row : {Row{v2_message, ipv4}, Row{v3_message, ipv4}, Row{v3_ipv6_message, ipv6}}) {
        const Bytes whole = from_hex(row.hex);
        CAPTURE(row.hex);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            CAPTURE(size);
            const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            CHECK(receive_sealed(cut, row.path) == "length");
        }
        for (std::size_t extra = 1; extra <= 64; ++extra) {
            CAPTURE(extra);
            Bytes longer = whole;
            longer.resize(whole.size() + extra, 0);
            CHECK(receive_sealed(longer, row.path) == "length");
        }
        for (const int count : {0, 2, 3, 254, 255}) {
            CAPTURE(count);
            CHECK(receive_sealed(changed(row.hex, 3, static_cast<std::uint8_t>(count)), row.path) ==
                  "length");
        }
    }
}

TEST_CASE("F-rx length: IPv4 addresses in an IPv6 packet are an impossible length") {
    CHECK(receive_sealed(from_hex(v3_message), ipv6) == "length");
    CHECK(receive_sealed(from_hex(v3_ipv6_message), ipv4) == "length");
    // Four IPv4 addresses have the size of one IPv6 address, and still not that of four.
    Bytes four = from_hex(v3_ipv6_message);
    four[3] = 4;
    CHECK(receive_sealed(four, ipv6) == "length");
    CHECK(receive_sealed(four, ipv4) == "accepted");
}

TEST_CASE("F-rx checksum: every flipped bit is noticed") {
    struct Row {
        const char* hex;
        Path path;
    };
    for (const Row& row : {Row{v2_message, ipv4}, Row{v3_message, ipv4}, Row{v3_message, ipv4_pseudo},
                           Row{v3_ipv6_message, ipv6}}) {
        const Bytes whole = sealed(from_hex(row.hex), row.path);
        for (std::size_t bit = 8; bit < whole.size() * 8; ++bit) {
            if (bit / 8 == 3) continue;  // the count: a length error
            CAPTURE(row.hex, bit);
            Bytes flipped = whole;
            flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (0x80U >> bit % 8));
            CHECK(receive(flipped, row.path) == "checksum");
        }
    }
}

TEST_CASE("F-rx checksum: which forms are accepted where") {
    const auto seal_as = [](const char* hex, const Path& path, ChecksumForm form,
                            std::uint8_t next_header = 112) {
        return with_checksum(from_hex(hex), ip(path.source), ip(path.destination), form, next_header);
    };
    constexpr auto message_only = ChecksumForm::message_only;
    constexpr auto pseudo = ChecksumForm::pseudo_header;
    SECTION("version 2 covers the message alone") {
        CHECK(receive(seal_as(v2_message, ipv4, message_only), ipv4) == "accepted");
        CHECK(receive(seal_as(v2_message, ipv4, pseudo), ipv4) == "checksum");
    }
    SECTION("version 3 over IPv4 may be either, and decode says which") {
        const auto form_of = [&](ChecksumForm form) {
            const auto decoded =
                decode(seal_as(v3_message, ipv4, form), ip(ipv4.source), ip(ipv4.destination), required_ttl);
            return decoded ? decoded->checksum_form : std::nullopt;
        };
        CHECK(form_of(message_only) == message_only);
        CHECK(form_of(pseudo) == pseudo);
        CHECK(receive(seal_as(v3_message, ipv4, pseudo, 58), ipv4) == "checksum");
    }
    SECTION("the pseudo-header knows source and destination, the message alone does not") {
        constexpr Path other_source{"192.0.2.9", "224.0.0.18", message_only};
        constexpr Path unicast{"192.0.2.1", "192.0.2.2", message_only};
        for (const Path& path : {other_source, unicast}) {
            CHECK(receive(seal_as(v3_message, ipv4, pseudo), path) == "checksum");
            CHECK(receive(seal_as(v3_message, ipv4, message_only), path) == "accepted");
        }
    }
    SECTION("version 3 over IPv6 needs the pseudo-header with next header 112") {
        CHECK(receive(seal_as(v3_ipv6_message, ipv6, pseudo), ipv6) == "accepted");
        CHECK(receive(seal_as(v3_ipv6_message, ipv6, message_only), ipv6) == "checksum");
        CHECK(receive(seal_as(v3_ipv6_message, ipv6, pseudo, 58), ipv6) == "checksum");
        CHECK(receive(seal_as(v3_ipv6_message, ipv6, pseudo, 0), ipv6) == "checksum");
    }
    SECTION("addresses of two families verify nothing") {
        const Bytes message = seal_as(v3_message, ipv4, pseudo);
        CHECK(verdict(decode(message, ip("192.0.2.1"), ip("ff02::12"), required_ttl)) == "checksum");
    }
    SECTION("all ones and all zeros are the same checksum (RFC 1071)") {
        // 3101 + 6401 + 6afd = ffff: the checksum of the rest is 0000
        CHECK(receive(from_hex("31 01 64 01 00 01 00 00 6a fc 00 00"), ipv4) == "accepted");
        CHECK(receive(from_hex("31 01 64 01 00 01 ff ff 6a fc 00 00"), ipv4) == "accepted");
    }
}

TEST_CASE("F-rx count: 0 is discarded although the length fits, 1 and 255 are accepted") {
    CHECK(receive_sealed(from_hex("21 33 65 00 00 01 00 00 00 00 00 00 00 00 00 00"), ipv4) == "count_zero");
    CHECK(receive_sealed(from_hex("31 33 65 00 00 64 00 00"), ipv4) == "count_zero");
    CHECK(receive_sealed(from_hex("31 33 65 00 00 64 00 00"), ipv4_pseudo) == "count_zero");
    CHECK(receive_sealed(from_hex("31 33 65 00 00 64 00 00"), ipv6) == "count_zero");
    CHECK(receive(sealed(from_hex("31 33 65 00 00 64 00 00"), ipv4), ipv4, 255, {.no_addresses = true}) ==
          "accepted");
    Bytes full = changed(v3_message, 3, 255);
    full.resize(header_size + std::size_t{4} * 255, 0x0a);
    CHECK(receive_sealed(full, ipv4) == "accepted");
    Bytes full_ipv6 = changed(v3_ipv6_message, 3, 255);
    full_ipv6.resize(header_size + std::size_t{16} * 255, 0xfd);
    CHECK(receive_sealed(full_ipv6, ipv6) == "accepted");
    Bytes full_v2 = changed(v2_message, 3, 255);
    full_v2.resize(header_size + std::size_t{4} * 255 + authentication_size, 0x0a);
    CHECK(receive_sealed(full_v2, ipv4) == "accepted");
}

TEST_CASE("F-rx interval: 0 is discarded in version 3 only, the reserved bits are ignored") {
    struct Row {
        std::uint8_t high, low;
        const char* verdict;
        Duration interval;
    };
    const auto row = GENERATE(values<Row>({
        {0x00, 0x00, "interval_zero", 0s},
        {0xf0, 0x00, "interval_zero", 0s},
        {0x00, 0x01, "accepted", 10ms},
        {0x0f, 0xff, "accepted", 40950ms},
        {0xff, 0xff, "accepted", 40950ms},
        {0x10, 0x64, "accepted", 1s},
        {0x80, 0x64, "accepted", 1s},
    }));
    Bytes message = from_hex(v3_message);
    message[4] = row.high;
    message[5] = row.low;
    CAPTURE(static_cast<int>(row.high), static_cast<int>(row.low));
    for (const Path& path : {ipv4, ipv4_pseudo}) {
        const auto decoded =
            decode(sealed(message, path), ip(path.source), ip(path.destination), required_ttl);
        CHECK(verdict(decoded) == row.verdict);
        if (decoded) CHECK(decoded->advert.interval == row.interval);
    }
}

TEST_CASE("F-rx interval: version 2 leaves 0 to the comparison with the configuration") {
    for (const unsigned seconds : {0U, 1U, 255U}) {
        const auto decoded = decode(sealed(changed(v2_message, 5, static_cast<std::uint8_t>(seconds)), ipv4),
                                    ip(ipv4.source), ip(ipv4.destination), required_ttl);
        REQUIRE(verdict(decoded) == "accepted");
        CHECK(decoded->advert.interval == std::chrono::seconds(seconds));
    }
}

TEST_CASE("F-rx authentication: types 0 and 1 of version 2") {
    for (unsigned type = 0; type < 256; ++type) {
        CAPTURE(type);
        CHECK(receive_sealed(changed(v2_message, 4, static_cast<std::uint8_t>(type)), ipv4) ==
              (type <= 1 ? "accepted" : "authentication"));
    }
    const auto password_of = [](const Bytes& message) {
        const auto decoded =
            decode(sealed(message, ipv4), ip(ipv4.source), ip(ipv4.destination), required_ttl);
        REQUIRE(verdict(decoded) == "accepted");
        return decoded->advert.password;
    };
    CHECK(password_of(from_hex(v2_message)) == std::nullopt);
    CHECK(password_of(changed(v2_message, 4, 1)) == Password{});
    Bytes with_data = changed(v2_message, 12, 'x');
    CHECK(password_of(with_data) == std::nullopt);  // type 0: the data are ignored (RFC 3768 §5.3.10)
    with_data[4] = 1;
    CHECK(password_of(with_data) == make_password("x"));
}

TEST_CASE("F-rx: any priority and any VRID is the engine's business") {
    for (unsigned value = 0; value < 256; ++value) {
        CHECK(receive_sealed(changed(v3_message, 1, static_cast<std::uint8_t>(value)), ipv4) == "accepted");
        CHECK(receive_sealed(changed(v3_message, 2, static_cast<std::uint8_t>(value)), ipv4) == "accepted");
    }
}

TEST_CASE("the first check that fails names the reason") {
    // Everything is wrong; one thing after the other is put right.
    Bytes message = from_hex("52 33 65 00 f0 00 00 01 00");
    CHECK(receive(message, ipv4, 254) == "ttl");
    CHECK(receive(message, ipv4) == "version");
    message[0] = 0x32;
    CHECK(receive(message, ipv4) == "type");
    message[0] = 0x31;
    CHECK(receive(message, ipv4) == "length");
    message.pop_back();
    CHECK(receive(message, ipv4) == "checksum");
    CHECK(receive_sealed(message, ipv4) == "count_zero");
    message[3] = 1;
    message.insert(message.end(), {192, 0, 2, 10});
    CHECK(receive_sealed(message, ipv4) == "interval_zero");
    message[5] = 1;
    CHECK(receive_sealed(message, ipv4) == "accepted");

    Bytes v2 = from_hex("21 33 65 00 09 01 00 00 00 00 00 00 00 00 00 00");
    CHECK(receive_sealed(v2, ipv4) == "count_zero");
    v2[3] = 1;
    v2.insert(v2.end(), {0, 0, 0, 0});
    CHECK(receive_sealed(v2, ipv4) == "authentication");
}

TEST_CASE("every reason has a word and a sentence of its own") {
    std::set<std::string_view> words;
    std::set<std::string_view> sentences;
    for (std::size_t i = 0; i < discard_count; ++i) {
        const auto reason = static_cast<Discard>(i);
        CAPTURE(to_string(reason));
        CHECK(to_string(reason).find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
        CHECK_FALSE(to_string(reason).empty());
        CHECK_FALSE(describe(reason).empty());
        CHECK(describe(reason).back() != '.');
        words.insert(to_string(reason));
        sentences.insert(describe(reason));
    }
    CHECK(words.size() == discard_count);
    CHECK(sentences.size() == discard_count);
    CHECK(to_string(Discard::ttl) == "ttl");
    CHECK(to_string(Discard::interval_zero) == "interval_zero");
    CHECK(to_string(Discard::unknown_vrid) == "unknown_vrid");
    CHECK(to_string(Discard::foreign) == "foreign");
    CHECK(to_string(Discard::ah) == "ah");
}
