// SPDX-License-Identifier: Apache-2.0
// How an address or a route in the kernel is recognised as ours (rules.md 8).
#pragma once

#include <cstdint>

namespace regent::platform {

/// IFA_PROTO of every address we add (linux/if_addr.h). The kernel keeps and reports it since 5.18; an older
/// one ignores the attribute, so that nothing is ours there and leftovers of a crash are never removed. The
/// IANA protocol number of VRRP; the kernel itself uses 1 to 3.
constexpr std::uint8_t address_protocol = 112;

/// rtm_protocol of every route we add (linux/rtnetlink.h). Not in use by the daemons of rt_protos; Keepalived
/// has 18.
constexpr std::uint8_t route_protocol = 112;

}  // namespace regent::platform
