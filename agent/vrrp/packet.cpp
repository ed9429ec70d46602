// SPDX-License-Identifier: Apache-2.0
#include "agent/vrrp/packet.hpp"

#include <algorithm>
#include <utility>

#include "agent/base/check.hpp"

namespace regent::vrrp {
namespace {

using Seconds = std::chrono::duration<std::int64_t>;
using Centiseconds = std::chrono::duration<std::int64_t, std::centi>;

constexpr std::uint8_t type_advertisement = 1;       // RFC 9568 §5.2.2, the only type there is
constexpr std::uint8_t authentication_none = 0;      // RFC 3768 §5.3.6
constexpr std::uint8_t authentication_password = 1;  // RFC 2338 §5.3.6; reserved since RFC 3768
constexpr std::uint16_t interval_mask = 0x0fff;  // RFC 9568 §5.2.7; the four bits above are reserved (§5.2.6)
constexpr std::int64_t longest_v2_interval = 0xff;    // seconds
constexpr std::int64_t longest_v3_interval = 0x0fff;  // centiseconds
constexpr std::size_t checksum_offset = 6;
constexpr std::size_t ipv4_header_size = 20;
constexpr std::size_t ipv6_header_size = 40;

struct DiscardText {
    std::string_view word;
    std::string_view sentence;
};

/// In the order of Discard.
constexpr std::array<DiscardText, discard_count> discard_texts{{
    {"ttl", "its TTL or hop limit is not 255"},
    {"version", "its VRRP version is not that of the virtual router"},
    {"type", "its type is not ADVERTISEMENT"},
    {"length", "its length does not fit its address count"},
    {"checksum", "its checksum is wrong"},
    {"count_zero", "it carries no address"},
    {"interval_zero", "its advertisement interval is 0"},
    {"looped", "its source address is our own: a loop in the network or a clone of this machine"},
    {"unknown_vrid", "no virtual router with its VRID is configured on this interface"},
    {"not_running", "its virtual router is not running here"},
    {"owner", "this router owns the addresses of its virtual router"},
    {"authentication", "its authentication type or password differs"},
    {"interval", "its advertisement interval differs"},
    {"transport",
     "it came by multicast for a unicast virtual router, the reverse, or to another group than ours"},
    {"unlisted", "its sender is not a listed unicast peer"},
    {"foreign", "it carries none of our addresses: another virtual router uses this VRID"},
    {"ah", "it uses AH (protocol 51), which regent does not speak: configure PASS or none there"},
}};

std::uint8_t version_of(ByteView message) {
    return static_cast<std::uint8_t>(message[0] >> 4);
}
std::uint8_t type_of(ByteView message) {
    return message[0] & 0x0f;
}

std::size_t address_size(Family family) {
    return family == Family::ipv4 ? 4U : 16U;
}
std::size_t trailer_size(Version version) {
    return version == Version::v2 ? authentication_size : 0U;
}

/// Length, with the count read first: a count may promise more than is there (RFC 9568 §7.1).
bool is_complete(ByteView message, Version version, Family family) {
    if (message.size() < header_size) return false;
    const std::size_t count = message[3];
    return message.size() == header_size + count * address_size(family) + trailer_size(version);
}

/// The form in which the checksum of `message` verifies, or nullopt. Version 2: RFC 3768 §5.3.8, the message
/// with its authentication data. Version 3: RFC 9568 §5.2.8, for IPv4 the form of RFC 5798 too (rules.md 5).
std::optional<ChecksumForm> verified_form(ByteView message, Version version, const IpAddress& source,
                                          const IpAddress& destination) {
    if (source.is_ipv4() && message_checksum(message) == 0) return ChecksumForm::message_only;
    if (version == Version::v3 && pseudo_header_checksum(message, source, destination) == 0)
        return ChecksumForm::pseudo_header;
    return std::nullopt;
}

/// Reads a message whose length and checksum were checked.
Advert read_advert(ByteView message, Version version, Family family) {
    Advert advert;
    ByteReader reader(message);
    reader.u8();  // version and type
    advert.version = version;
    advert.virtual_router_id = reader.u8();
    advert.priority = reader.u8();
    const std::size_t count = reader.u8();
    std::uint8_t authentication = authentication_none;
    if (version == Version::v2) {
        authentication = reader.u8();
        advert.interval = Seconds(reader.u8());
    } else {
        advert.interval = Centiseconds(reader.u16() & interval_mask);
    }
    reader.u16();  // checksum
    advert.addresses.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        advert.addresses.push_back(*IpAddress::from_bytes(reader.take(address_size(family))));
    if (authentication == authentication_password) {
        const ByteView data = reader.take(authentication_size);
        std::copy(data.begin(), data.end(), advert.password.emplace().begin());
    }
    return advert;
}

/// RFC 3768 §5.3.6, §5.3.7: authentication type and whole seconds.
void write_v2_interval(ByteWriter& message, const Advert& advert) {
    const auto seconds = std::chrono::floor<Seconds>(advert.interval).count();
    REGENT_CHECK(seconds >= 0 && seconds <= longest_v2_interval);
    message.u8(advert.password ? authentication_password : authentication_none);
    message.u8(static_cast<std::uint8_t>(seconds));
}

/// RFC 9568 §5.2.6, §5.2.7: four reserved bits, sent as zero, and 12 bits of centiseconds.
void write_v3_interval(ByteWriter& message, const Advert& advert) {
    const auto centiseconds = std::chrono::floor<Centiseconds>(advert.interval).count();
    REGENT_CHECK(centiseconds >= 0 && centiseconds <= longest_v3_interval);
    message.u16(static_cast<std::uint16_t>(centiseconds));
}

}  // namespace

IpAddress multicast_group(Family family) {
    constexpr std::array<std::uint8_t, 4> ipv4{224, 0, 0, 18};
    constexpr std::array<std::uint8_t, 16> ipv6{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12};
    return *IpAddress::from_bytes(family == Family::ipv4 ? ByteView(ipv4) : ByteView(ipv6));
}

Password make_password(std::string_view text) {
    Password password{};
    std::copy_n(text.begin(), std::min(text.size(), password.size()), password.begin());
    return password;
}

std::string_view to_string(Discard reason) {
    return discard_texts.at(static_cast<std::size_t>(reason)).word;
}
std::string_view describe(Discard reason) {
    return discard_texts.at(static_cast<std::size_t>(reason)).sentence;
}

tl::expected<Decoded, Discard> decode(ByteView message, const IpAddress& source, const IpAddress& destination,
                                      std::uint8_t ttl, const Leniency& leniency) {
    const auto discard = [](Discard reason) { return tl::unexpected<Discard>(reason); };

    // RFC 9568 §5.1.1.3, §5.1.2.3, RFC 3768 §5.2.3
    if (!leniency.any_ttl && ttl != required_ttl) return discard(Discard::ttl);

    // RFC 9568 §5.2.1. Nothing at all has no version either: it is too short. There is no version 2 over
    // IPv6.
    if (message.empty()) return discard(Discard::length);
    const bool is_v2 = version_of(message) == 2 && source.is_ipv4();
    if (!is_v2 && version_of(message) != 3) return discard(Discard::version);
    const Version version = is_v2 ? Version::v2 : Version::v3;

    // RFC 9568 §5.2.2
    if (type_of(message) != type_advertisement) return discard(Discard::type);

    // RFC 9568 §7.1 "received packet contains the complete VRRP packet"; RFC 3768 §7.1 likewise
    if (!is_complete(message, version, source.family())) return discard(Discard::length);

    // RFC 9568 §5.2.8, RFC 3768 §5.3.8
    const auto form = verified_form(message, version, source, destination);
    if (!form) return discard(Discard::checksum);

    Advert advert = read_advert(message, version, source.family());
    // RFC 9568 §5.2.5 and erratum 8299
    if (advert.addresses.empty() && !leniency.no_addresses) return discard(Discard::count_zero);
    // Erratum 8301 to RFC 9568 §5.2.7
    if (version == Version::v3 && advert.interval == Duration::zero()) return discard(Discard::interval_zero);
    // RFC 2338 §5.3.6, §7.1: types other than none and simple text are not supported
    if (version == Version::v2 && message[4] > authentication_password)
        return discard(Discard::authentication);

    const bool form_is_free = version == Version::v3 && source.is_ipv4();
    return Decoded{std::move(advert), form_is_free ? form : std::nullopt};
}

std::optional<Peek> peek(ByteView message) {
    if (message.size() < header_size) return std::nullopt;
    return Peek{version_of(message), message[1]};
}

Bytes encode(const Advert& advert, const IpAddress& source, const IpAddress& destination, ChecksumForm form) {
    const bool is_v2 = advert.version == Version::v2;
    REGENT_CHECK(source.family() == destination.family());
    REGENT_CHECK(!is_v2 || source.is_ipv4());
    REGENT_CHECK(advert.addresses.size() <= maximum_addresses);

    ByteWriter message;
    message.u8(static_cast<std::uint8_t>((static_cast<unsigned>(advert.version) << 4) | type_advertisement));
    message.u8(advert.virtual_router_id);
    message.u8(advert.priority);
    message.u8(static_cast<std::uint8_t>(advert.addresses.size()));
    if (is_v2) {
        write_v2_interval(message, advert);
    } else {
        write_v3_interval(message, advert);
    }
    message.u16(0);  // checksum, below
    for (const auto& address : advert.addresses) {
        REGENT_CHECK(address.family() == source.family());
        message.append(address.bytes());
    }
    if (is_v2) message.append(advert.password.value_or(Password{}));

    const bool with_pseudo_header = source.is_ipv6() || (!is_v2 && form == ChecksumForm::pseudo_header);
    const std::uint16_t checksum = with_pseudo_header
                                       ? pseudo_header_checksum(message.bytes(), source, destination)
                                       : message_checksum(message.bytes());
    message.bytes()[checksum_offset] = static_cast<std::uint8_t>(checksum >> 8);
    message.bytes()[checksum_offset + 1] = static_cast<std::uint8_t>(checksum & 0xff);
    return message.take();
}

std::size_t address_capacity(Version version, Family family, std::size_t mtu) {
    const std::size_t ip_header = family == Family::ipv4 ? ipv4_header_size : ipv6_header_size;
    const std::size_t overhead = ip_header + header_size + trailer_size(version);
    if (mtu < overhead) return 0;
    return std::min((mtu - overhead) / address_size(family), maximum_addresses);
}

}  // namespace regent::vrrp
