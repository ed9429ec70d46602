// SPDX-License-Identifier: Apache-2.0
// The checksum of an advertisement and its two forms for IPv4 in version 3.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/base/bytes.hpp"
#include "agent/base/ip_address.hpp"

namespace regent::vrrp {

/// What the checksum of a version 3 advertisement over IPv4 covers. Version 2 always covers the message
/// alone, IPv6 always covers message and pseudo-header.
enum class ChecksumForm : std::uint8_t {
    message_only,   ///< RFC 9568 §5.2.8
    pseudo_header,  ///< RFC 5798 §5.2.8 as Keepalived and FRR read it: source, destination, 0, 112, length
};

/// "rfc9568" or "rfc5798": the words of the configuration.
std::string_view to_string(ChecksumForm form);

/// The Internet checksum (RFC 1071) of `message`, whose checksum field counts as it stands: zero it to
/// compute, leave it to verify (the result is then 0).
std::uint16_t message_checksum(ByteView message);

/// The same over the pseudo-header of `source`, `destination` (one family), `next_header` and the length of
/// `message`, followed by `message` (RFC 8200 §8.1 for IPv6). Next header is 112 for VRRP, 58 for ICMPv6.
std::uint16_t pseudo_header_checksum(ByteView message, const IpAddress& source, const IpAddress& destination,
                                     std::uint8_t next_header = 112);

}  // namespace regent::vrrp
