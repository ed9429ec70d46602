// SPDX-License-Identifier: Apache-2.0
// The frames that teach hosts and switches where an address lives now, as bytes from the Ethernet header on.
#pragma once

#include "agent/base/bytes.hpp"
#include "agent/base/ip_address.hpp"
#include "agent/base/mac_address.hpp"

namespace regent::vrrp {

/// Gratuitous ARP (RFC 9568 §6.4.2): a broadcast ARP request with sender and target IP `address`, sender MAC
/// and Ethernet source `mac`, target MAC `mac` (errata 7947, 7949). 42 bytes. `address` is IPv4.
Bytes gratuitous_arp(const MacAddress& mac, const IpAddress& address);

/// Unsolicited neighbour advertisement (RFC 4861 §4.4, RFC 9568 §6.4.2): from `address` to ff02::1
/// (33:33:00:00:00:01), hop limit 255, S=0, O=1, R=`router`, with a target link-layer option. `address` is
/// IPv6.
Bytes unsolicited_neighbour_advertisement(const MacAddress& mac, const IpAddress& address, bool router);

}  // namespace regent::vrrp
