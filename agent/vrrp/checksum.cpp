// SPDX-License-Identifier: Apache-2.0
#include "agent/vrrp/checksum.hpp"

namespace regent::vrrp {
namespace {

/// Adds `bytes` as big-endian 16-bit words; an odd last byte is the high half of a word (RFC 1071 §4.1). 64
/// bits cannot overflow: that would take 2^48 words.
std::uint64_t add_words(std::uint64_t sum, ByteView bytes) {
    ByteReader reader(bytes);
    while (reader.remaining() >= 2)
        sum += reader.u16();
    if (reader.remaining() == 1) sum += static_cast<std::uint64_t>(reader.u8()) << 8;
    return sum;
}

std::uint16_t folded_complement(std::uint64_t sum) {
    while ((sum >> 16) != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum & 0xffff);
}

}  // namespace

std::string_view to_string(ChecksumForm form) {
    return form == ChecksumForm::message_only ? "rfc9568" : "rfc5798";
}

std::uint16_t message_checksum(ByteView message) {
    return folded_complement(add_words(0, message));
}

std::uint16_t pseudo_header_checksum(ByteView message, const IpAddress& source, const IpAddress& destination,
                                     std::uint8_t next_header) {
    std::uint64_t sum = add_words(0, source.bytes());
    sum = add_words(sum, destination.bytes());
    // IPv4 has an 8-bit protocol and a 16-bit length here, IPv6 a 32-bit length and an 8-bit next header.
    // Folding makes both the same sum, because 2^16 counts as 1.
    sum += next_header;
    sum += message.size();
    return folded_complement(add_words(sum, message));
}

}  // namespace regent::vrrp
