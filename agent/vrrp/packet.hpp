// SPDX-License-Identifier: Apache-2.0
// VRRP advertisements as bytes: RFC 9568 §5 (version 3) and RFC 3768 §5 (version 2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/ip_address.hpp"
#include "agent/base/time.hpp"
#include "agent/vrrp/checksum.hpp"

namespace regent::vrrp {

constexpr std::uint8_t protocol_number = 112;   ///< IANA protocol number of VRRP
constexpr std::uint8_t required_ttl = 255;      ///< RFC 9568 §5.1.1.3, §5.1.2.3
constexpr std::uint8_t owner_priority = 255;    ///< RFC 9568 §5.2.4
constexpr std::uint8_t leaving_priority = 0;    ///< RFC 9568 §5.2.4: the master gives up its role
constexpr std::size_t header_size = 8;          ///< version to checksum
constexpr std::size_t authentication_size = 8;  ///< the trailer of version 2 over IPv4, always there
constexpr std::size_t maximum_addresses = 255;  ///< the count field has one byte

/// 224.0.0.18 or ff02::12 (RFC 9568 §5.1.1.2, §5.1.2.2).
IpAddress multicast_group(Family family);

enum class Version : std::uint8_t { v2 = 2, v3 = 3 };

/// Password of version 2's simple text authentication (RFC 2338 §5.3.6), cut or NUL-padded to 8 bytes.
using Password = std::array<std::uint8_t, authentication_size>;
Password make_password(std::string_view text);

/// A decoded advertisement.
struct Advert {
    Version version = Version::v3;
    std::uint8_t virtual_router_id = 0;
    std::uint8_t priority = 0;
    /// Whole seconds 0–255 in version 2, centiseconds 0–40.95 s in version 3 (0 never leaves decode()).
    Duration interval{};
    std::vector<IpAddress> addresses;
    /// Version 2: set when the authentication type is 1 (simple text password).
    std::optional<Password> password;

    bool operator==(const Advert&) const = default;
};

/// Why a datagram is discarded, in the order in which the checks are made (RFC 9568 §7.1; rules.md 5). The
/// first group is found by decode(); the second needs the configuration and is found by the engine; the last
/// never gets so far.
enum class Discard : std::uint8_t {
    ttl,             ///< TTL or hop limit is not 255
    version,         ///< neither 2 nor 3, or not the version of the virtual router
    type,            ///< not an ADVERTISEMENT
    length,          ///< shorter than its own count says, or longer
    checksum,        ///< in none of the accepted forms
    count_zero,      ///< no address at all
    interval_zero,   ///< version 3 with interval 0 (erratum 8301)
    looped,          ///< our own packet, or a clone of us: our source address
    unknown_vrid,    ///< no virtual router of ours on that interface
    not_running,     ///< the virtual router is in INIT or start-up delay; in FAULT it listens
    owner,           ///< another router on a VRID whose addresses we own
    authentication,  ///< version 2: type or password differ; a type other than 0 and 1 is found by decode()
    interval,        ///< version 2: another advertisement interval
    transport,       ///< multicast for a unicast router, the reverse, or another multicast group
    unlisted,        ///< unicast from a sender that is not a listed peer
    foreign,         ///< an address list without any address of ours: another virtual router on our VRID
    ah,              ///< inside an Authentication Header (RFC 2338 §5.3.6.3, gone with RFC 3768)
};
constexpr std::size_t discard_count = static_cast<std::size_t>(Discard::ah) + 1;

/// The reason as one snake_case word, the name of its counter.
std::string_view to_string(Discard reason);
/// The reason as a sentence part that follows "discarded an advertisement: ".
std::string_view describe(Discard reason);

/// What decode() learned beside the advertisement itself.
struct Decoded {
    Advert advert;
    /// Version 3 over IPv4: which of the two forms verified. Both are accepted (rules.md 5).
    std::optional<ChecksumForm> checksum_form;
};

/// What a virtual router accepts beyond the RFC, because of how it is configured.
struct Leniency {
    bool any_ttl = false;       ///< unicast peers behind routers
    bool no_addresses = false;  ///< only excluded addresses: the peer's list is empty as ours is
};

/// Decodes a VRRP message (the IP payload) that came from `source` to `destination`. Makes the checks of
/// RFC 9568 §7.1 that need no more configuration than `leniency`, in its order: TTL, version, type, length,
/// checksum, then count and interval.
tl::expected<Decoded, Discard> decode(ByteView message, const IpAddress& source, const IpAddress& destination,
                                      std::uint8_t ttl, const Leniency& leniency = {});

/// The VRID and version of a message that is at least a header long, before any other check, so that a
/// discarded packet can be counted where it belongs.
struct Peek {
    std::uint8_t version;
    std::uint8_t virtual_router_id;
};
std::optional<Peek> peek(ByteView message);

/// Encodes `advert` for the wire. Addresses keep their order; only those of the family of `source` may be in
/// it; at most 255; version 2 over IPv4 only. The interval is rounded down to whole seconds or centiseconds
/// and must fit its field. Anything else is a broken invariant. `form` counts only for version 3 over IPv4.
Bytes encode(const Advert& advert, const IpAddress& source, const IpAddress& destination, ChecksumForm form);

/// How many addresses fit into one advertisement on a link of `mtu` bytes: at most 255 (rules.md 21).
std::size_t address_capacity(Version version, Family family, std::size_t mtu);

}  // namespace regent::vrrp
