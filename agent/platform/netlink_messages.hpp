// SPDX-License-Identifier: Apache-2.0
// The rtnetlink messages that add and remove addresses and routes, as bytes ready to be sent.
#pragma once

#include <cstdint>

#include "agent/base/bytes.hpp"
#include "agent/core/action.hpp"

namespace regent::platform {

/// RTM_NEWADDR that fails with EEXIST when the address stands already. Marked ours (IFA_PROTO), permanent or
/// with a lease; IPv6 with nodad, and deprecated when the prefix is /128, so that it is not chosen as a
/// source address (RFC 6724).
Bytes add_address_message(const core::AddAddress& request, std::uint32_t sequence);
/// RTM_NEWADDR that sets the lifetime of an address that stands. (Where none stands the kernel makes one,
/// NLM_F_CREATE or not.)
Bytes renew_lease_message(const core::RenewLease& request, std::uint32_t sequence);
Bytes remove_address_message(const core::RemoveAddress& request, std::uint32_t sequence);

/// RTM_NEWROUTE that fails with EEXIST when a route with the same destination, metric and table stands
/// already: somebody else's is never replaced. Marked ours (rtm_protocol).
Bytes add_route_message(const core::Route& route, unsigned device_index, std::uint32_t sequence);
/// RTM_DELROUTE that matches only a route marked ours.
Bytes remove_route_message(const core::Route& route, unsigned device_index, std::uint32_t sequence);

}  // namespace regent::platform
