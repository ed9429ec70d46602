// SPDX-License-Identifier: Apache-2.0
// Which addresses no machine can have, whatever a key wants one for.
#pragma once

#include <string_view>

#include "agent/base/ip_address.hpp"

namespace regent::config {

/// Why `address` can belong to no machine of a network, as in "a multicast address"; empty when it can.
inline std::string_view unfit(const IpAddress& address) {
    if (address.is_unspecified()) return "the unspecified address";
    if (address.is_multicast()) return "a multicast address";
    if (address.is_loopback()) return "a loopback address";
    if (address.is_ipv4() && address.bytes()[0] == 0) return "an address of \"this network\" (RFC 1122)";
    if (address == *IpAddress::parse("255.255.255.255")) return "the broadcast address";
    return {};
}

}  // namespace regent::config
