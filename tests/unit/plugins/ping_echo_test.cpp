// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>
#include <vector>

#include "plugins/ping/echo.hpp"

using namespace regent::plugins::ping;

namespace {

using Packet = std::vector<std::uint8_t>;

const Label label{0x1234, 0x00ff, 0x0102030405060708};

void append(Packet& to, Bytes bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

/// 20 bytes and `options` more, from 10.0.0.9 to 10.0.0.1.
Packet ipv4_header(std::size_t options = 0, std::uint8_t protocol = 1) {
    Packet header(20 + options);
    header[0] = static_cast<std::uint8_t>(0x40 | (header.size() / 4));
    header[9] = protocol;
    const std::vector<std::uint8_t> addresses{10, 0, 0, 9, 10, 0, 0, 1};
    std::copy(addresses.begin(), addresses.end(), header.begin() + 12);
    return header;
}

Packet ipv6_header() {
    Packet header(40);
    header[0] = 0x60;
    header[6] = 58;
    header[39] = 1;
    return header;
}

void seal(Packet& message) {
    message[2] = message[3] = 0;
    const std::uint16_t sum = internet_checksum(message);
    message[2] = static_cast<std::uint8_t>(sum >> 8);
    message[3] = static_cast<std::uint8_t>(sum);
}

Packet reply_message(Family family) {
    const auto sent = request(family, label);
    Packet message(sent.begin(), sent.end());
    message[0] = family == Family::ipv4 ? 0 : 129;
    seal(message);
    return message;
}

Packet ipv4(const Packet& message, std::size_t options = 0) {
    Packet packet = ipv4_header(options);
    append(packet, message);
    return packet;
}

/// An error about our request, of which `quoted` bytes of ICMP are given back.
Packet error_message(Family family, std::size_t quoted) {
    Packet message(8);
    message[0] = family == Family::ipv4 ? 3 : 1;
    message[1] = 1;
    append(message, family == Family::ipv4 ? ipv4_header(4) : ipv6_header());
    append(message, Bytes(request(family, label)).first(quoted));
    seal(message);
    return message;
}

}  // namespace

TEST_CASE("echo: a request is what RFC 792 says") {
    const auto message = request(Family::ipv4, label);
    CHECK(internet_checksum(message) == 0);
    CHECK(Packet(message.begin(), message.end()) ==
          Packet{8, 0, message[2], message[3], 0x12, 0x34, 0x00, 0xff, 1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(request(Family::ipv6, label)[0] == 128);
}

TEST_CASE("echo: the checksum of RFC 1071") {
    const Packet example{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    CHECK(internet_checksum(example) == 0x220d);
    CHECK(internet_checksum(Packet{0x12}) == static_cast<std::uint16_t>(~0x1200));
    CHECK(internet_checksum({}) == 0xffff);
}

TEST_CASE("echo: a reply is known by its label") {
    for (const std::size_t options : {0U, 4U, 40U}) {
        const auto heard = read(Family::ipv4, ipv4(reply_message(Family::ipv4), options));
        REQUIRE(heard);
        CHECK(heard->meaning == Meaning::reply);
        CHECK(heard->label == label);
    }
    const auto heard = read(Family::ipv6, reply_message(Family::ipv6));
    REQUIRE(heard);
    CHECK(heard->label == label);
}

TEST_CASE("echo: what is no reply") {
    Packet damaged = reply_message(Family::ipv4);
    damaged.back() ^= 1;
    CHECK_FALSE(read(Family::ipv4, ipv4(damaged)));
    const auto own = request(Family::ipv4, label);
    CHECK_FALSE(read(Family::ipv4, ipv4(Packet(own.begin(), own.end()))));
    Packet short_reply(8);
    seal(short_reply);
    CHECK_FALSE(read(Family::ipv4, ipv4(short_reply)));
    Packet other_protocol = ipv4_header(0, 17);
    append(other_protocol, reply_message(Family::ipv4));
    CHECK_FALSE(read(Family::ipv4, other_protocol));
}

TEST_CASE("echo: an error quotes the request, wholly or in part") {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        for (const std::size_t quoted : {8U, 15U, 16U}) {
            const Packet message = error_message(family, quoted);
            const Packet packet = family == Family::ipv4 ? ipv4(message) : message;
            const auto heard = read(family, packet);
            REQUIRE(heard);
            CHECK(heard->meaning == Meaning::unreachable);
            CHECK(heard->code == 1);
            CHECK(heard->label.identifier == label.identifier);
            CHECK(heard->label.sequence == label.sequence);
            CHECK(heard->has_cookie == (quoted == 16));
            REQUIRE(heard->destination.size() == (family == Family::ipv4 ? 4 : 16));
            CHECK(heard->destination.back() == 1);
        }
    }
    CHECK_FALSE(read(Family::ipv4, ipv4(error_message(Family::ipv4, 7))));
}

TEST_CASE("echo: every packet cut short is refused or shorter in meaning, never read beyond its end") {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        for (Packet message : {reply_message(family), error_message(family, 16)}) {
            const Packet whole = family == Family::ipv4 ? ipv4(message) : message;
            for (std::size_t size = 0; size < whole.size(); ++size) {
                // A buffer of exactly that size, so that a sanitizer sees a step too far.
                const Packet cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
                const auto heard = read(family, cut);
                if (heard) CHECK(heard->meaning == Meaning::unreachable);
            }
        }
    }
}

TEST_CASE("echo: any bytes are harmless") {
    rc::prop("arbitrary packets", [](const Packet& packet, bool ipv6) {
        const auto heard = read(ipv6 ? Family::ipv6 : Family::ipv4, packet);
        if (heard && heard->meaning == Meaning::unreachable)
            RC_ASSERT(heard->destination.size() == (ipv6 ? 16U : 4U));
    });
    rc::prop("almost right packets",
             [](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& damage, bool ipv6) {
                 const Family family = ipv6 ? Family::ipv6 : Family::ipv4;
                 const Packet message = error_message(family, 16);
                 Packet packet = ipv6 ? message : ipv4(message);
                 for (const auto& [at, value] : damage)
                     packet[at % packet.size()] = value;
                 (void)read(family, packet);
             });
}
