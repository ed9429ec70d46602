// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/vrrp_datagram.hpp"

#include <cstring>
#include <netinet/in.h>

namespace regent::platform {

namespace {

// Offsets in the IPv4 header (RFC 791 §3.1).
constexpr std::size_t minimum_header = 20;
constexpr std::size_t ttl_offset = 8;
constexpr std::size_t source_offset = 12;
constexpr std::size_t destination_offset = 16;

IpAddress address_from(const in6_addr& address) {
    return *IpAddress::from_bytes(ByteView(address.s6_addr));
}

/// The first control message of that kind, copied out; nullopt when absent or short.
template <class T>
std::optional<T> control_value(msghdr& header, int level, int type) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level != level || control->cmsg_type != type) continue;
        if (control->cmsg_len < CMSG_LEN(sizeof(T))) continue;
        T value{};
        std::memcpy(&value, CMSG_DATA(control), sizeof value);
        return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<core::PacketReceived> ipv4_packet(ByteView datagram, int interface_index) {
    if (datagram.size() < minimum_header) return std::nullopt;
    const std::size_t header_size = static_cast<std::size_t>(datagram[0] & 0x0f) * 4;
    if (header_size < minimum_header || datagram.size() < header_size) return std::nullopt;

    core::PacketReceived packet;
    packet.interface_index = interface_index;
    packet.source = *IpAddress::from_bytes(datagram.subspan(source_offset, 4));
    packet.destination = *IpAddress::from_bytes(datagram.subspan(destination_offset, 4));
    packet.ttl = datagram[ttl_offset];
    const ByteView message = datagram.subspan(header_size);
    packet.message.assign(message.begin(), message.end());
    return packet;
}

std::optional<core::PacketReceived> ipv6_packet(const Datagram& datagram, int interface_index) {
    const auto hop_limit = control_value<int>(*datagram.header, IPPROTO_IPV6, IPV6_HOPLIMIT);
    const auto destination = control_value<in6_pktinfo>(*datagram.header, IPPROTO_IPV6, IPV6_PKTINFO);
    if (!hop_limit || !destination || datagram.header->msg_namelen < sizeof(sockaddr_in6))
        return std::nullopt;
    sockaddr_in6 sender{};
    std::memcpy(&sender, datagram.header->msg_name, sizeof sender);

    core::PacketReceived packet;
    packet.interface_index = interface_index;
    packet.source = address_from(sender.sin6_addr);
    packet.destination = address_from(destination->ipi6_addr);
    packet.ttl = static_cast<std::uint8_t>(*hop_limit);
    packet.message.assign(datagram.bytes.begin(), datagram.bytes.end());
    return packet;
}

}  // namespace regent::platform
