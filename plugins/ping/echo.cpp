// SPDX-License-Identifier: Apache-2.0
#include "echo.hpp"

#include <algorithm>

namespace regent::plugins::ping {

namespace {

constexpr std::size_t header_size = 8;
constexpr std::size_t cookie_size = 8;
constexpr std::size_t ipv4_minimum = 20;
constexpr std::size_t ipv6_header = 40;
constexpr std::uint8_t protocol_icmp = 1;
constexpr std::uint8_t protocol_icmpv6 = 58;

struct Types {
    std::uint8_t request, reply, unreachable;
};

constexpr Types types_of(Family family) {
    return family == Family::ipv4 ? Types{8, 0, 3} : Types{128, 129, 1};
}

std::uint16_t read16(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::optional<Bytes> without_ipv4_header(Bytes packet) {
    if (packet.size() < ipv4_minimum || packet[0] >> 4 != 4 || packet[9] != protocol_icmp)
        return std::nullopt;
    const std::size_t size = std::size_t{packet[0] & 0x0fU} * 4;
    if (size < ipv4_minimum || size > packet.size()) return std::nullopt;
    return packet.subspan(size);
}

/// Identifier, sequence and, as far as it is there, cookie of an echo message.
Heard labelled(Bytes message) {
    Heard heard;
    heard.label.identifier = read16(message, 4);
    heard.label.sequence = read16(message, 6);
    heard.has_cookie = message.size() >= header_size + cookie_size;
    if (heard.has_cookie) {
        for (const std::uint8_t byte : message.subspan(header_size, cookie_size))
            heard.label.cookie = heard.label.cookie << 8 | byte;
    }
    return heard;
}

/// `quoted`: the packet that an error is about, cut anywhere.
std::optional<Heard> read_quoted(Family family, Bytes quoted) {
    std::optional<Bytes> message;
    Bytes destination;
    if (family == Family::ipv4) {
        message = without_ipv4_header(quoted);
        if (message) destination = quoted.subspan(16, 4);
    } else if (quoted.size() >= ipv6_header && quoted[0] >> 4 == 6 && quoted[6] == protocol_icmpv6) {
        message = quoted.subspan(ipv6_header);
        destination = quoted.subspan(24, 16);
    }
    if (!message || message->size() < header_size || (*message)[0] != types_of(family).request)
        return std::nullopt;
    Heard heard = labelled(*message);
    heard.meaning = Meaning::unreachable;
    heard.destination = destination;
    return heard;
}

}  // namespace

std::uint16_t internet_checksum(Bytes bytes) {
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        sum += read16(bytes, at);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    if (bytes.size() % 2 != 0) sum += static_cast<std::uint32_t>(bytes.back() << 8);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::array<std::uint8_t, request_size> request(Family family, const Label& label) {
    std::array<std::uint8_t, request_size> message{};
    const auto write16 = [&](std::size_t at, unsigned value) {
        message[at] = static_cast<std::uint8_t>(value >> 8);
        message[at + 1] = static_cast<std::uint8_t>(value);
    };
    message[0] = types_of(family).request;
    write16(4, label.identifier);
    write16(6, label.sequence);
    for (std::size_t index = 0; index < cookie_size; ++index)
        message[header_size + index] = static_cast<std::uint8_t>(label.cookie >> (56 - 8 * index));
    if (family == Family::ipv4) write16(2, internet_checksum(message));
    return message;
}

std::optional<Heard> read(Family family, Bytes packet) {
    const auto stripped = family == Family::ipv4 ? without_ipv4_header(packet) : std::optional(packet);
    if (!stripped || stripped->size() < header_size) return std::nullopt;
    const Bytes message = *stripped;
    // Raw sockets get packets before the kernel has looked at an ICMPv4 checksum; that of ICMPv6 it has
    // checked.
    if (family == Family::ipv4 && internet_checksum(message) != 0) return std::nullopt;
    const Types types = types_of(family);
    if (message[0] == types.reply && message[1] == 0) {
        const Heard heard = labelled(message);
        return heard.has_cookie ? std::optional(heard) : std::nullopt;
    }
    if (message[0] != types.unreachable) return std::nullopt;
    auto heard = read_quoted(family, message.subspan(header_size));
    if (heard) heard->code = message[1];
    return heard;
}

}  // namespace regent::plugins::ping
