// SPDX-License-Identifier: Apache-2.0
// ICMP echo as bytes (RFC 792, RFC 4443). Computation alone: every byte that arrives is taken for hostile.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace regent::plugins::ping {

using Bytes = std::span<const std::uint8_t>;

enum class Family : std::uint8_t { ipv4, ipv6 };

/// What a request carries, so that its reply is told from all others.
struct Label {
    std::uint16_t identifier = 0;
    std::uint16_t sequence = 0;
    std::uint64_t cookie = 0;  ///< random, another one for each probe

    bool operator==(const Label&) const = default;
};

constexpr std::size_t request_size = 16;

/// The ICMP message. Its checksum is left to the kernel where that fills it in: IPv6.
std::array<std::uint8_t, request_size> request(Family family, const Label& label);

enum class Meaning : std::uint8_t { reply, unreachable };

struct Heard {
    Meaning meaning = Meaning::reply;
    Label label;
    bool has_cookie = true;  ///< an error need not quote so much of the request
    std::uint8_t code = 0;   ///< of an error
    Bytes destination{};     ///< of the request that an error quotes: 4 or 16 bytes
};

/// A packet as a raw socket gives it: with its IP header for IPv4, without for IPv6. Nothing when it is
/// neither an echo reply nor an error about an echo request, or is damaged.
std::optional<Heard> read(Family family, Bytes packet);

/// RFC 1071, over all of `bytes`; 0 when a checksum within them is right.
std::uint16_t internet_checksum(Bytes bytes);

}  // namespace regent::plugins::ping
