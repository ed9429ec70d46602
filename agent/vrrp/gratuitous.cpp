// SPDX-License-Identifier: Apache-2.0
#include "agent/vrrp/gratuitous.hpp"

#include <array>
#include <cstdint>

#include "agent/base/check.hpp"
#include "agent/vrrp/checksum.hpp"

namespace regent::vrrp {
namespace {

constexpr MacAddress broadcast_mac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
constexpr MacAddress all_nodes_mac{{0x33, 0x33, 0x00, 0x00, 0x00, 0x01}};  // RFC 2464 §7
constexpr std::array<std::uint8_t, 16> all_nodes{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01};

constexpr std::uint16_t ethertype_arp = 0x0806;
constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;

constexpr std::uint16_t arp_hardware_ethernet = 1;
constexpr std::uint16_t arp_request = 1;

constexpr std::uint8_t next_header_icmpv6 = 58;
constexpr std::uint8_t neighbour_advertisement = 136;  // RFC 4861 §4.4
constexpr std::uint8_t flag_router = 0x80;
constexpr std::uint8_t flag_override = 0x20;
constexpr std::uint8_t option_target_link_layer = 2;  // RFC 4861 §4.6.1
constexpr std::uint8_t option_length = 1;             // in units of 8 bytes
constexpr std::uint8_t hop_limit = 255;               // RFC 4861 §7.1.2
constexpr std::size_t icmpv6_checksum_offset = 2;

void ethernet_header(ByteWriter& frame, const MacAddress& destination, const MacAddress& source,
                     std::uint16_t ethertype) {
    frame.append(destination.bytes);
    frame.append(source.bytes);
    frame.u16(ethertype);
}

/// RFC 4861 §4.4 with one option, checksum filled in.
Bytes advertisement_message(const MacAddress& mac, const IpAddress& address, const IpAddress& destination,
                            bool router) {
    ByteWriter message;
    message.u8(neighbour_advertisement);
    message.u8(0);   // code
    message.u16(0);  // checksum, below
    message.u8(static_cast<std::uint8_t>(flag_override | (router ? flag_router : 0)));
    message.u8(0);  // 29 reserved bits end here
    message.u16(0);
    message.append(address.bytes());
    message.u8(option_target_link_layer);
    message.u8(option_length);
    message.append(mac.bytes);
    const auto checksum = pseudo_header_checksum(message.bytes(), address, destination, next_header_icmpv6);
    message.bytes()[icmpv6_checksum_offset] = static_cast<std::uint8_t>(checksum >> 8);
    message.bytes()[icmpv6_checksum_offset + 1] = static_cast<std::uint8_t>(checksum & 0xff);
    return message.take();
}

}  // namespace

Bytes gratuitous_arp(const MacAddress& mac, const IpAddress& address) {
    REGENT_CHECK(address.is_ipv4());
    ByteWriter frame;
    ethernet_header(frame, broadcast_mac, mac, ethertype_arp);
    frame.u16(arp_hardware_ethernet);
    frame.u16(ethertype_ipv4);
    frame.u8(6);  // bytes of a hardware address
    frame.u8(4);  // bytes of a protocol address
    frame.u16(arp_request);
    frame.append(mac.bytes);
    frame.append(address.bytes());
    frame.append(mac.bytes);
    frame.append(address.bytes());
    return frame.take();
}

Bytes unsolicited_neighbour_advertisement(const MacAddress& mac, const IpAddress& address, bool router) {
    REGENT_CHECK(address.is_ipv6());
    const IpAddress destination = *IpAddress::from_bytes(all_nodes);
    const Bytes message = advertisement_message(mac, address, destination, router);
    ByteWriter frame;
    ethernet_header(frame, all_nodes_mac, mac, ethertype_ipv6);
    frame.u16(0x6000);  // version 6, traffic class and flow label 0
    frame.u16(0);
    frame.u16(static_cast<std::uint16_t>(message.size()));
    frame.u8(next_header_icmpv6);
    frame.u8(hop_limit);
    frame.append(address.bytes());
    frame.append(destination.bytes());
    frame.append(message);
    return frame.take();
}

}  // namespace regent::vrrp
