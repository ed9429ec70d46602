// SPDX-License-Identifier: Apache-2.0
// Any bytes from any sender: decode() must not crash, and what it accepts encode() must be able to say again.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "agent/base/check.hpp"
#include "agent/vrrp/packet.hpp"

using namespace regent;
using namespace regent::vrrp;

namespace {

// Bits of the first byte of an input.
constexpr unsigned use_ipv6 = 1;
constexpr unsigned right_checksum = 2;
constexpr unsigned with_pseudo_header = 4;
constexpr unsigned other_ttl = 8;
constexpr unsigned skip_ttl = 16;
constexpr unsigned to_group = 32;

constexpr std::size_t checksum_offset = 6;

/// An address of the family from the next bytes; missing bytes are zero.
IpAddress next_address(ByteReader& input, Family family) {
    std::array<std::uint8_t, 16> raw{};
    const std::size_t size = family == Family::ipv4 ? 4 : 16;
    std::generate_n(raw.begin(), size, [&] { return input.u8(); });
    return *IpAddress::from_bytes(ByteView(raw).first(size));
}

void seal(Bytes& message, const IpAddress& source, const IpAddress& destination, bool pseudo_header) {
    if (message.size() < header_size) return;
    message[checksum_offset] = message[checksum_offset + 1] = 0;
    const std::uint16_t checksum =
        pseudo_header ? pseudo_header_checksum(message, source, destination) : message_checksum(message);
    message[checksum_offset] = static_cast<std::uint8_t>(checksum >> 8);
    message[checksum_offset + 1] = static_cast<std::uint8_t>(checksum & 0xff);
}

void run(ByteReader input) {
    const unsigned flags = input.u8();
    const Family family = (flags & use_ipv6) != 0 ? Family::ipv6 : Family::ipv4;
    const IpAddress source = next_address(input, family);
    const IpAddress destination =
        (flags & to_group) != 0 ? multicast_group(family) : next_address(input, family);
    const ByteView rest = input.take(input.remaining());
    Bytes message(rest.begin(), rest.end());
    if ((flags & right_checksum) != 0) seal(message, source, destination, (flags & with_pseudo_header) != 0);

    const std::uint8_t ttl = (flags & other_ttl) != 0 ? 254 : required_ttl;
    const auto decoded = decode(message, source, destination, ttl, (flags & skip_ttl) == 0);
    const auto peeked = peek(message);
    if (!decoded) {
        REGENT_CHECK(!to_string(decoded.error()).empty() && !describe(decoded.error()).empty());
        return;
    }
    REGENT_CHECK(peeked && peeked->virtual_router_id == decoded->advert.virtual_router_id);
    const auto form = decoded->checksum_form.value_or(ChecksumForm::message_only);
    const Bytes again = encode(decoded->advert, source, destination, form);
    REGENT_CHECK(again.size() == message.size());
    const auto twice = decode(again, source, destination, required_ttl);
    REGENT_CHECK(twice && twice->advert == decoded->advert && twice->checksum_form == decoded->checksum_form);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    run(ByteReader(ByteView(data, size)));
    return 0;
}
