// SPDX-License-Identifier: Apache-2.0
// Both forms of the checksum, against known values and against a second way to compute them.
#include "agent/vrrp/checksum.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/unit/vrrp/support.hpp"

using namespace regent;
using namespace regent::vrrp;
using namespace regent::vrrp::test;

TEST_CASE("checksum forms carry the words of the configuration") {
    CHECK(to_string(ChecksumForm::message_only) == "rfc9568");
    CHECK(to_string(ChecksumForm::pseudo_header) == "rfc5798");
}

TEST_CASE("message checksum of known bytes") {
    CHECK(message_checksum(Bytes{}) == 0xffff);
    CHECK(message_checksum(from_hex("00 01 f2 03 f4 f5 f6 f7")) == 0x220d);  // the example of RFC 1071 §3
    CHECK(message_checksum(from_hex("00 01 f2")) == 0x0dfe);                 // odd: padded with a zero byte
    CHECK(message_checksum(from_hex("ff ff")) == 0);
    CHECK(message_checksum(from_hex("ff ff 00 01")) == 0xfffe);  // the carry comes round
}

TEST_CASE("pseudo-header checksum of known bytes") {
    const Bytes message = from_hex("00 01 f2");
    CHECK(pseudo_header_checksum(message, ip("192.0.2.1"), ip("224.0.0.18")) == 0x6b76);
    CHECK(pseudo_header_checksum(message, ip("fe80::1"), ip("ff02::12")) == 0x0ff4);
}

TEST_CASE("checksum properties") {
    rc::prop("the message checksum is the reference's", [](const Bytes& message) {
        RC_ASSERT(message_checksum(message) == reference_checksum(message));
    });

    rc::prop("the pseudo-header checksum is the reference's, for both families and any next header",
             [](const Bytes& message, const std::array<std::uint8_t, 16>& a,
                const std::array<std::uint8_t, 16>& b, bool ipv6, std::uint8_t next_header) {
                 const std::size_t size = ipv6 ? 16 : 4;
                 const IpAddress source = *IpAddress::from_bytes(ByteView(a).first(size));
                 const IpAddress destination = *IpAddress::from_bytes(ByteView(b).first(size));
                 Bytes covered = pseudo_header(source, destination, message.size(), next_header);
                 covered.insert(covered.end(), message.begin(), message.end());
                 RC_ASSERT(pseudo_header_checksum(message, source, destination, next_header) ==
                           reference_checksum(covered));
             });

    rc::prop("a message with its checksum in it verifies to 0", [](Bytes message) {
        if (message.size() % 2 != 0) message.push_back(0);
        const std::uint16_t checksum = message_checksum(message);
        message.push_back(static_cast<std::uint8_t>(checksum >> 8));
        message.push_back(static_cast<std::uint8_t>(checksum & 0xff));
        RC_ASSERT(message_checksum(message) == 0);
    });
}

TEST_CASE("a message longer than 64 KiB does not overflow the sum") {
    const Bytes message(200'000, 0xff);
    CHECK(message_checksum(message) == 0);
    CHECK(message_checksum(message) == reference_checksum(message));
    CHECK(pseudo_header_checksum(message, ip("fe80::1"), ip("ff02::12")) == [&] {
        Bytes covered = pseudo_header(ip("fe80::1"), ip("ff02::12"), message.size());
        covered.insert(covered.end(), message.begin(), message.end());
        return reference_checksum(covered);
    }());
}
