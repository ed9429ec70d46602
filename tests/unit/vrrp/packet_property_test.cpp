// SPDX-License-Identifier: Apache-2.0
// What must hold for every advertisement and for every sequence of bytes: decode() is the inverse of
// encode(), and accepts nothing that encode() would not make, apart from what receivers are told to ignore.
#include <algorithm>
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "agent/vrrp/packet.hpp"

#include "tests/unit/vrrp/support.hpp"

using namespace regent;
using namespace regent::vrrp;
using namespace regent::vrrp::test;

namespace {

/// An advertisement with the addresses of its IP header and the form of its checksum.
struct Sent {
    Advert advert;
    IpAddress source;
    IpAddress destination;
    ChecksumForm form;

    Bytes bytes() const { return encode(advert, source, destination, form); }
};

std::ostream& operator<<(std::ostream& out, const Sent& sent) {
    out << sent.source.to_string() << " > " << sent.destination.to_string() << ' ' << to_string(sent.form)
        << ':';
    for (const auto byte : sent.bytes())
        out << ' ' << static_cast<unsigned>(byte);
    return out;
}

rc::Gen<IpAddress> any_address(Family family) {
    const std::size_t size = family == Family::ipv4 ? 4 : 16;
    return rc::gen::map(rc::gen::container<Bytes>(size, rc::gen::arbitrary<std::uint8_t>()),
                        [](const Bytes& bytes) { return *IpAddress::from_bytes(bytes); });
}

rc::Gen<Password> any_password() {
    return rc::gen::map(rc::gen::arbitrary<std::string>(),
                        [](const std::string& s) { return make_password(s); });
}

rc::Gen<Sent> any_sent() {
    return rc::gen::exec([] {
        const bool v2 = *rc::gen::arbitrary<bool>();
        const Family family = v2 || *rc::gen::arbitrary<bool>() ? Family::ipv4 : Family::ipv6;
        Sent sent;
        sent.advert.version = v2 ? Version::v2 : Version::v3;
        sent.advert.virtual_router_id = *rc::gen::arbitrary<std::uint8_t>();
        sent.advert.priority = *rc::gen::arbitrary<std::uint8_t>();
        if (v2) {
            sent.advert.interval = std::chrono::seconds(*rc::gen::inRange(0, 256));
            if (*rc::gen::arbitrary<bool>()) sent.advert.password = *any_password();
        } else {
            sent.advert.interval = std::chrono::milliseconds(10 * *rc::gen::inRange(1, 4096));
        }
        const auto count = *rc::gen::weightedOneOf<std::size_t>(
            {{9, rc::gen::inRange<std::size_t>(1, 8)}, {1, rc::gen::inRange<std::size_t>(1, 256)}});
        sent.advert.addresses = *rc::gen::container<std::vector<IpAddress>>(count, any_address(family));
        sent.source = *any_address(family);
        sent.destination = *rc::gen::oneOf(rc::gen::just(multicast_group(family)), any_address(family));
        sent.form = *rc::gen::arbitrary<bool>() ? ChecksumForm::message_only : ChecksumForm::pseudo_header;
        return sent;
    });
}

bool form_is_free(const Sent& sent) {
    return sent.advert.version == Version::v3 && sent.source.is_ipv4();
}

/// `message` as its sender should have made it: reserved bits zero, no authentication data without
/// authentication, and 0000 for the checksum that can be written in two ways.
Bytes canonical(Bytes message, const IpAddress& source, const IpAddress& destination,
                std::optional<ChecksumForm> form) {
    if (message[0] >> 4 == 3) message[4] = message[4] & 0x0f;
    if (message[0] >> 4 == 2 && message[4] == 0) std::fill(message.end() - 8, message.end(), std::uint8_t{0});
    const auto implied = source.is_ipv6() ? ChecksumForm::pseudo_header : ChecksumForm::message_only;
    return with_checksum(std::move(message), source, destination, form.value_or(implied));
}

/// Decodes, and holds whatever is accepted against what encode() makes of it.
void check_decode(const Bytes& message, const IpAddress& source, const IpAddress& destination) {
    const auto decoded = decode(message, source, destination, required_ttl);
    if (!decoded) {
        RC_TAG(std::string(to_string(decoded.error())));
        return;
    }
    RC_TAG(std::string("accepted"));
    const auto& advert = decoded->advert;
    RC_ASSERT(!advert.addresses.empty());
    RC_ASSERT(advert.version == Version::v2 || advert.interval > Duration::zero());
    const bool free = advert.version == Version::v3 && source.is_ipv4();
    RC_ASSERT(decoded->checksum_form.has_value() == free);
    const auto form = decoded->checksum_form.value_or(ChecksumForm::message_only);
    RC_ASSERT(encode(advert, source, destination, form) ==
              canonical(message, source, destination, decoded->checksum_form));
}

}  // namespace

TEST_CASE("decode is the inverse of encode") {
    rc::prop("for every advertisement", [] {
        const Sent sent = *any_sent();
        const auto decoded = decode(sent.bytes(), sent.source, sent.destination, required_ttl);
        RC_ASSERT(verdict(decoded) == "accepted");
        RC_ASSERT(decoded->advert == sent.advert);
        RC_ASSERT(decoded->checksum_form.has_value() == form_is_free(sent));
        // One message can verify in both forms, when the pseudo-header sums up to nothing.
        if (form_is_free(sent) && decoded->checksum_form != sent.form)
            RC_ASSERT(message_checksum(sent.bytes()) == 0);
        RC_ASSERT(peek(sent.bytes())->virtual_router_id == sent.advert.virtual_router_id);
    });

    rc::prop("and a wrong TTL is noticed whatever else it says", [] {
        const Sent sent = *any_sent();
        const auto ttl = static_cast<std::uint8_t>(*rc::gen::inRange(0, 255));
        RC_ASSERT(verdict(decode(sent.bytes(), sent.source, sent.destination, ttl)) == "ttl");
        RC_ASSERT(verdict(decode(sent.bytes(), sent.source, sent.destination, ttl, {.any_ttl = true})) ==
                  "accepted");
    });

    rc::prop("and it fits where address_capacity says it fits, and not in a byte less", [] {
        const Sent sent = *any_sent();
        const std::size_t mtu = sent.bytes().size() + (sent.source.is_ipv4() ? 20 : 40);
        const auto capacity = [&](std::size_t size) {
            return address_capacity(sent.advert.version, sent.source.family(), size);
        };
        RC_ASSERT(capacity(mtu) == sent.advert.addresses.size());
        RC_ASSERT(capacity(mtu - 1) == sent.advert.addresses.size() - 1);
    });
}

TEST_CASE("damage is noticed") {
    rc::prop("every truncation is discarded", [] {
        const Sent sent = *any_sent();
        Bytes bytes = sent.bytes();
        bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
        RC_ASSERT(verdict(decode(bytes, sent.source, sent.destination, required_ttl)) == "length");
    });

    rc::prop("everything appended is discarded", [] {
        const Sent sent = *any_sent();
        Bytes bytes = sent.bytes();
        const Bytes extra = *rc::gen::nonEmpty<Bytes>();
        bytes.insert(bytes.end(), extra.begin(), extra.end());
        RC_ASSERT(verdict(decode(bytes, sent.source, sent.destination, required_ttl)) == "length");
    });

    rc::prop("a flipped bit never passes in the form that was sent", [] {
        const Sent sent = *any_sent();
        Bytes bytes = sent.bytes();
        const auto bit = *rc::gen::inRange<std::size_t>(0, bytes.size() * 8);
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << bit % 8));
        const auto decoded = decode(bytes, sent.source, sent.destination, required_ttl);
        // The other form may verify by chance, about once in 65535 times.
        if (decoded) RC_ASSERT(form_is_free(sent) && decoded->checksum_form != sent.form);
    });
}

TEST_CASE("any bytes are decoded or discarded, and only what encode would make is accepted") {
    rc::prop("random bytes", [](const Bytes& bytes, bool ipv6) {
        const Family family = ipv6 ? Family::ipv6 : Family::ipv4;
        check_decode(bytes, *any_address(family), *any_address(family));
    });

    rc::prop("random bytes behind a plausible header with a right checksum",
             [](Bytes bytes, bool ipv6, bool v2) {
                 const Family family = ipv6 ? Family::ipv6 : Family::ipv4;
                 const std::size_t size = ipv6 ? 16 : 4;
                 const std::size_t trailer = v2 ? authentication_size : 0;
                 const std::size_t count = *rc::gen::inRange<std::size_t>(0, 4);
                 bytes.resize(header_size + count * size + trailer);
                 bytes[0] = v2 ? 0x21 : 0x31;
                 bytes[3] = static_cast<std::uint8_t>(count);
                 const IpAddress source = *any_address(family);
                 const IpAddress destination = *any_address(family);
                 const auto form =
                     *rc::gen::arbitrary<bool>() ? ChecksumForm::message_only : ChecksumForm::pseudo_header;
                 check_decode(with_checksum(bytes, source, destination, form), source, destination);
             });

    rc::prop("advertisements with a few bytes changed and the checksum made right again", [] {
        const Sent sent = *any_sent();
        Bytes bytes = sent.bytes();
        const auto changes = *rc::gen::inRange(1, 4);
        for (int i = 0; i < changes; ++i)
            bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<std::uint8_t>();
        check_decode(with_checksum(bytes, sent.source, sent.destination, sent.form), sent.source,
                     sent.destination);
    });
}
