// SPDX-License-Identifier: Apache-2.0
// Adverts over a real cable: what leaves one end, how it looks on the wire, and what the other end is given.
#include "agent/platform/vrrp_socket.hpp"

#include <catch2/catch.hpp>
#include <netinet/if_ether.h>
#include <numeric>

#include "agent/platform/packet_socket.hpp"

#include "network.hpp"

using namespace regent;
using namespace regent::platform;
using namespace regent::platform::test;

using Catch::Matchers::Contains;

namespace {

Bytes sample(std::size_t size) {
    Bytes bytes(size);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
    return bytes;
}

/// One socket at each end of a cable.
struct Ends {
    explicit Ends(Family family)
        : left(open(cable.left, cable.left_index, family)),
          right(open(cable.right, cable.right_index, family)) {}

    static VrrpSocket open(const Namespace& where, int index, Family family) {
        where.enter();
        auto socket = VrrpSocket::open(index, family);
        REQUIRE(socket);
        return *std::move(socket);
    }

    core::SendAdvert advert(std::string_view from, std::string_view to, Bytes message,
                            std::uint8_t ttl = 255) const {
        return {"VI_1", cable.left_index, ip(from), ip(to), ttl, std::move(message)};
    }

    std::vector<core::PacketReceived> received(std::size_t count) {
        return only<core::PacketReceived>(collect(
            right.fd(), [&](std::vector<core::Input>& out) { right.receive(batch, out, 100); },
            [&](const std::vector<core::Input>& inputs) { return inputs.size() >= count; }));
    }

    Cable cable;
    DatagramBatch batch;
    VrrpSocket left;
    VrrpSocket right;
};

/// A datagram from 192.0.2.1 to 224.0.0.18 as a frame: DSCP 0, `options` behind the header, the message from
/// `offset` on.
Bytes ipv4_frame(ByteView options, std::uint16_t fragment, ByteView message) {
    ByteWriter header;
    header.u8(static_cast<std::uint8_t>(0x45 + options.size() / 4));
    header.u8(0);
    header.u16(static_cast<std::uint16_t>(20 + options.size() + message.size()));
    header.u16(0x1234);
    header.u16(fragment);
    header.u8(255);
    header.u8(112);
    header.u16(0);  // checksum, below
    header.append(ip("192.0.2.1").bytes());
    header.append(ip("224.0.0.18").bytes());
    header.append(options);
    const auto checksum = vrrp::message_checksum(header.bytes());
    header.bytes()[10] = static_cast<std::uint8_t>(checksum >> 8);
    header.bytes()[11] = static_cast<std::uint8_t>(checksum & 0xff);
    ByteWriter frame;
    frame.append(Bytes{0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x02, 0, 0, 0, 0, 0x01});
    frame.u16(ETHERTYPE_IP);
    frame.append(header.bytes());
    frame.append(message);
    return frame.take();
}

/// A datagram from fe80::1 to ff02::12 as a frame, `extension` between the header and the message.
Bytes ipv6_frame(std::uint8_t next_header, ByteView extension, ByteView message) {
    ByteWriter frame;
    frame.append(Bytes{0x33, 0x33, 0x00, 0x00, 0x00, 0x12, 0x02, 0, 0, 0, 0, 0x01});
    frame.u16(ETHERTYPE_IPV6);
    frame.u16(0x6000);
    frame.u16(0);
    frame.u16(static_cast<std::uint16_t>(extension.size() + message.size()));
    frame.u8(next_header);
    frame.u8(255);
    frame.append(ip("fe80::1").bytes());
    frame.append(ip("ff02::12").bytes());
    frame.append(extension);
    frame.append(message);
    return frame.take();
}

struct Path {
    Family family;
    const char* source;
    const char* destination;
    std::uint8_t ttl;
};

}  // namespace

TEST_CASE("Multicast and unicast adverts arrive with source, destination and TTL") {
    REQUIRE_NETWORK();
    const Path path = GENERATE(
        Path{Family::ipv4, "192.0.2.1", "224.0.0.18", 255}, Path{Family::ipv4, "192.0.2.1", "239.1.2.3", 255},
        Path{Family::ipv4, "192.0.2.1", "192.0.2.2", 255}, Path{Family::ipv4, "192.0.2.9", "192.0.2.2", 7},
        Path{Family::ipv6, "fe80::1", "ff02::12", 255}, Path{Family::ipv6, "fe80::1", "fe80::2", 255},
        Path{Family::ipv6, "2001:db8::1", "2001:db8::2", 64});
    Ends ends(path.family);
    ends.cable.left.enter();
    run("ip addr add 192.0.2.9/24 dev left0");
    if (ip(path.destination).is_multicast()) {
        REQUIRE(ends.left.set_groups({ip(path.destination)}));
        REQUIRE(ends.right.set_groups({ip(path.destination)}));
    }
    const Bytes message = sample(20);
    REQUIRE(ends.left.send(ends.advert(path.source, path.destination, message, path.ttl)));
    const auto packets = ends.received(1);
    REQUIRE(packets.size() == 1);
    CHECK(packets[0].interface_index == ends.cable.right_index);
    CHECK(packets[0].source == ip(path.source));
    CHECK(packets[0].destination == ip(path.destination));
    CHECK(packets[0].ttl == path.ttl);
    CHECK(packets[0].message == message);

    std::vector<core::Input> own;
    CHECK(ends.left.receive(ends.batch, own, 10) == 0);
    CHECK(ends.right.receive_errors() == 0);
}

TEST_CASE(
    "F-rx: IP options, extension headers, fragments and any DSCP: the message arrives alone and whole") {
    REQUIRE_NETWORK();
    using Frames = std::vector<Bytes>;
    const Bytes message = sample(40);
    const ByteView first = ByteView(message).first(16);
    const ByteView second = ByteView(message).subspan(16);
    constexpr std::uint16_t more = 0x2000;  // RFC 791 §3.1; the offset counts in 8 bytes
    const Bytes no_operation(8, 1);
    const Bytes destination_options{112, 0, 1, 4, 0, 0, 0, 0};  // RFC 8200 §4.6, with PadN alone
    const Bytes head{112, 0, 0, 1, 0, 0, 0, 9};                 // RFC 8200 §4.5
    const Bytes tail{112, 0, 0, 16, 0, 0, 0, 9};
    const auto [family, frames] = GENERATE_COPY(
        std::pair<Family, Frames>{Family::ipv4, Frames{ipv4_frame({}, 0, message)}},
        std::pair<Family, Frames>{Family::ipv4, Frames{ipv4_frame(no_operation, 0, message)}},
        std::pair<Family, Frames>{Family::ipv4,
                                  Frames{ipv4_frame({}, more, first), ipv4_frame({}, 2, second)}},
        std::pair<Family, Frames>{Family::ipv6, Frames{ipv6_frame(112, {}, message)}},
        std::pair<Family, Frames>{Family::ipv6, Frames{ipv6_frame(60, destination_options, message)}},
        std::pair<Family, Frames>{Family::ipv6,
                                  Frames{ipv6_frame(44, head, first), ipv6_frame(44, tail, second)}});
    Ends ends(family);
    REQUIRE(ends.right.set_groups({vrrp::multicast_group(family)}));
    ends.cable.left.enter();
    const auto socket = PacketSocket::open();
    REQUIRE(socket);
    for (const Bytes& frame : frames)
        REQUIRE(socket->send({ends.cable.left_index, frame}));
    const auto packets = ends.received(1);
    REQUIRE(packets.size() == 1);
    CHECK(packets[0].source == ip(family == Family::ipv4 ? "192.0.2.1" : "fe80::1"));
    CHECK(packets[0].destination == vrrp::multicast_group(family));
    CHECK(packets[0].ttl == 255);
    CHECK(packets[0].message == message);
}

TEST_CASE("On the wire: traffic class 0xc0, no DF, protocol 112, group MAC") {
    REQUIRE_NETWORK();
    SECTION("IPv4") {
        Ends ends(Family::ipv4);
        ends.cable.right.enter();
        Capture capture(ends.cable.right_index);
        REQUIRE(ends.left.send(ends.advert("192.0.2.1", "224.0.0.18", sample(20))));
        const Bytes frame = capture.next(ETHERTYPE_IP, {{0x01, 0x00, 0x5e, 0x00, 0x00, 0x12}});
        const ByteView header = ByteView(frame).subspan(14);
        CHECK(header[0] == 0x45);
        CHECK(header[1] == 0xc0);
        CHECK(header[6] == 0);  // neither DF nor a fragment
        CHECK(header[7] == 0);
        CHECK(header[8] == 255);
        CHECK(header[9] == 112);
        CHECK(header.size() == 40);
    }
    SECTION("IPv6") {
        Ends ends(Family::ipv6);
        ends.cable.right.enter();
        Capture capture(ends.cable.right_index);
        const Bytes message = sample(24);
        REQUIRE(ends.left.send(ends.advert("fe80::1", "ff02::12", message)));
        const Bytes frame = capture.next(ETHERTYPE_IPV6, {{0x33, 0x33, 0x00, 0x00, 0x00, 0x12}});
        const ByteView header = ByteView(frame).subspan(14);
        CHECK(header[0] == 0x6c);
        CHECK((header[1] & 0xf0) == 0);
        CHECK(header[6] == 112);
        CHECK(header[7] == 255);
        CHECK(Bytes(header.begin() + 40, header.end()) == message);  // the kernel writes no checksum into it
    }
}

TEST_CASE("Only joined groups are heard, others of the host notwithstanding") {
    REQUIRE_NETWORK();
    const auto [family, source, group, marker] =
        GENERATE(std::tuple{Family::ipv4, "192.0.2.1", "224.0.0.18", "192.0.2.2"},
                 std::tuple{Family::ipv6, "fe80::1", "ff02::12", "fe80::2"});
    Ends ends(family);
    VrrpSocket other = Ends::open(ends.cable.right, ends.cable.right_index, family);
    REQUIRE(other.set_groups({ip(group)}));
    // Datagrams keep their order: had the first been heard, it would stand before the second.
    const auto first_destination = [&, from = source, to = group, then = marker] {
        REQUIRE(ends.left.send(ends.advert(from, to, sample(20))));
        REQUIRE(ends.left.send(ends.advert(from, then, sample(20))));
        auto packets = ends.received(1);
        while (packets.back().destination != ip(then)) {
            for (auto& more : ends.received(1))
                packets.push_back(std::move(more));
        }
        return packets.front().destination;
    };
    CHECK(first_destination() == ip(marker));
    REQUIRE(ends.right.set_groups({ip(group)}));
    CHECK(first_destination() == ip(group));
    REQUIRE(ends.right.set_groups({}));
    CHECK(first_destination() == ip(marker));
}

TEST_CASE("The longest legal message arrives whole, a longer one cut") {
    REQUIRE_NETWORK();
    const auto family = GENERATE(Family::ipv4, Family::ipv6);
    const bool ipv4 = family == Family::ipv4;
    Ends ends(family);
    const auto send = [&](std::size_t size) {
        return ends.left.send(
            ends.advert(ipv4 ? "192.0.2.1" : "fe80::1", ipv4 ? "192.0.2.2" : "fe80::2", sample(size)));
    };
    const std::size_t longest = vrrp::header_size + vrrp::maximum_addresses * (ipv4 ? 4 : 16) +
                                (ipv4 ? vrrp::authentication_size : 0);
    REQUIRE(send(longest));
    CHECK(ends.received(1).at(0).message == sample(longest));
    REQUIRE(send(9000));
    const Bytes cut = ends.received(1).at(0).message;
    CHECK(cut.size() > longest);
    CHECK(cut.size() < 9000);
}

TEST_CASE("receive() stops at its limit and goes on there") {
    REQUIRE_NETWORK();
    Ends ends(Family::ipv4);
    for (std::uint8_t number = 0; number < 80; ++number) {
        REQUIRE(ends.left.send(ends.advert("192.0.2.1", "192.0.2.2", Bytes(20, number))));
    }
    REQUIRE(readable(ends.right.fd()));
    std::vector<core::Input> inputs;
    CHECK(ends.right.receive(ends.batch, inputs, 3) == 3);
    CHECK(ends.right.receive(ends.batch, inputs, 70) == 70);
    CHECK(ends.right.receive(ends.batch, inputs, 70) == 7);
    CHECK(ends.right.receive(ends.batch, inputs, 70) == 0);
    const auto packets = only<core::PacketReceived>(inputs);
    REQUIRE(packets.size() == 80);
    for (std::uint8_t number = 0; number < 80; ++number)
        CHECK(packets[number].message.at(0) == number);
}

TEST_CASE("A send that cannot work says why") {
    REQUIRE_NETWORK();
    Ends ends(Family::ipv4);
    const auto absent_source = ends.left.send(ends.advert("192.0.2.77", "224.0.0.18", sample(20)));
    REQUIRE_FALSE(absent_source);
    CHECK_THAT(absent_source.error().text, Contains("cannot send from 192.0.2.77 to 224.0.0.18: "));
    CHECK_FALSE(ends.left.send(ends.advert("192.0.2.1", "ff02::12", sample(20))));
    ends.cable.left.enter();
    run("ip link set left0 down");
    const auto down = ends.left.send(ends.advert("192.0.2.1", "224.0.0.18", sample(20)));
    REQUIRE_FALSE(down);
    CHECK_THAT(down.error().text, Contains("Network is"));
}

TEST_CASE("An interface that goes down and comes back is heard again without anything being done") {
    REQUIRE_NETWORK();
    const auto [family, source, group] = GENERATE(std::tuple{Family::ipv4, "192.0.2.1", "224.0.0.18"},
                                                  std::tuple{Family::ipv6, "fe80::1", "ff02::12"});
    Ends ends(family);
    REQUIRE(ends.right.set_groups({ip(group)}));
    ends.cable.right.enter();
    run("ip link set right0 down && ip link set right0 up");
    // What is sent before this end has its carrier back is lost.
    std::vector<core::Input> inputs;
    eventually([&] {
        REQUIRE(ends.left.send(ends.advert(source, group, sample(20))));
        return ends.right.receive(ends.batch, inputs, 1) == 1;
    });
    CHECK(std::get<core::PacketReceived>(inputs.at(0)).destination == ip(group));
}

TEST_CASE("An interface that does not exist, a foreign group, and a missing capability are errors") {
    REQUIRE_NETWORK();
    const Cable cable;
    CHECK_FALSE(VrrpSocket::open(9999, Family::ipv4));
    auto socket = VrrpSocket::open(cable.left_index, Family::ipv4);
    REQUIRE(socket);
    CHECK_FALSE(socket->set_groups({ip("ff02::12"), ip("224.0.0.18")}));
    CHECK(socket->groups() == std::set<IpAddress>{ip("224.0.0.18")});
    const WithoutCapability without(CAP_NET_RAW);
    const auto refused = VrrpSocket::open(cable.left_index, Family::ipv6);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().text, Contains("CAP_NET_RAW"));
}
