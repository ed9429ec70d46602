// SPDX-License-Identifier: Apache-2.0
// From what a raw socket delivers to the engine's PacketReceived. Pure functions.
#pragma once

#include <optional>

#include "agent/core/input.hpp"
#include "agent/platform/datagram_batch.hpp"

namespace regent::platform {

/// A raw IPv4 socket delivers the IP header too (raw(7)): source, destination and TTL come from it, the
/// message is what follows. nullopt: shorter than its header, which the kernel never delivers.
std::optional<core::PacketReceived> ipv4_packet(ByteView datagram, int interface_index);

/// A raw IPv6 socket delivers the message alone (RFC 3542 §3): the rest comes from the sender's address and
/// the control messages IPV6_PKTINFO and IPV6_HOPLIMIT. nullopt: one of them is absent.
std::optional<core::PacketReceived> ipv6_packet(const Datagram& datagram, int interface_index);

}  // namespace regent::platform
