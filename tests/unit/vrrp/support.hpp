// SPDX-License-Identifier: Apache-2.0
// What the tests of the codec share: addresses, hexadecimal bytes, and a checksum written a second time in
// another way, so that a wrong one cannot agree with itself.
#pragma once

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/vrrp/packet.hpp"

namespace regent::vrrp::test {

inline IpAddress ip(std::string_view text) {
    const auto address = IpAddress::parse(text);
    REQUIRE(address);
    return *address;
}

/// "31 33 0a" as bytes; spaces are ignored.
inline Bytes from_hex(std::string_view text) {
    Bytes bytes;
    std::string digits;
    for (const char character : text) {
        if (character == ' ') continue;
        digits += character;
        if (digits.size() < 2) continue;
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
        digits.clear();
    }
    REQUIRE(digits.empty());
    return bytes;
}

/// RFC 1071 by division: the complement of the sum of big-endian words modulo 65535.
inline std::uint16_t reference_checksum(Bytes bytes) {
    if (bytes.size() % 2 != 0) bytes.push_back(0);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2)
        sum += bytes[i] * 256U + bytes[i + 1];
    if (sum == 0) return 0xffff;
    const std::uint64_t rest = sum % 65535;
    return static_cast<std::uint16_t>(rest == 0 ? 0 : 65535 - rest);
}

/// The pseudo-header as bytes: RFC 793 §3.1 for IPv4, RFC 8200 §8.1 for IPv6.
inline Bytes pseudo_header(const IpAddress& source, const IpAddress& destination, std::size_t length,
                           std::uint8_t next_header = protocol_number) {
    ByteWriter writer;
    writer.append(source.bytes());
    writer.append(destination.bytes());
    if (source.is_ipv4()) {
        writer.u8(0);
        writer.u8(next_header);
    } else {
        writer.u16(static_cast<std::uint16_t>(length >> 16));
    }
    writer.u16(static_cast<std::uint16_t>(length & 0xffff));
    if (source.is_ipv6()) {
        writer.u16(0);
        writer.u8(0);
        writer.u8(next_header);
    }
    return writer.take();
}

/// `message` with its checksum field made right for `form` by the reference above.
inline Bytes with_checksum(Bytes message, const IpAddress& source, const IpAddress& destination,
                           ChecksumForm form = ChecksumForm::message_only,
                           std::uint8_t next_header = protocol_number) {
    if (message.size() < header_size) return message;
    message[6] = message[7] = 0;
    Bytes covered;
    if (form == ChecksumForm::pseudo_header)
        covered = pseudo_header(source, destination, message.size(), next_header);
    covered.insert(covered.end(), message.begin(), message.end());
    const std::uint16_t checksum = reference_checksum(covered);
    message[6] = static_cast<std::uint8_t>(checksum >> 8);
    message[7] = static_cast<std::uint8_t>(checksum & 0xff);
    return message;
}

/// "accepted", or the word of the reason.
inline std::string verdict(const tl::expected<Decoded, Discard>& decoded) {
    return decoded ? "accepted" : std::string(to_string(decoded.error()));
}

}  // namespace regent::vrrp::test
