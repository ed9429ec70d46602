// SPDX-License-Identifier: Apache-2.0
// Kernel messages (rtnetlink(7)) as values of the engine. Pure functions.
#pragma once

#include <optional>

#include "agent/core/input.hpp"

struct nlmsghdr;

namespace regent::platform {

/// A link out of RTM_NEWLINK or RTM_DELLINK. nullopt: malformed, or a message about a bridge port, IPv6
/// settings or a wireless event, which does not describe the link itself (an RTM_DELLINK of AF_BRIDGE only
/// says that it left a bridge).
std::optional<core::Link> parse_link(nlmsghdr& message);

/// An IPv4 or IPv6 address out of RTM_NEWADDR or RTM_DELADDR. nullopt: malformed or another family.
std::optional<core::KernelAddress> parse_address(nlmsghdr& message);

/// A route out of RTM_NEWROUTE that carries our protocol number; nullopt for any other. The main table
/// becomes no table, an absent metric stays absent (the kernel reports 1024 for an IPv6 route added without
/// one). The device is looked up by index and stays empty when it is gone already.
std::optional<core::Route> parse_our_route(nlmsghdr& message);

}  // namespace regent::platform
