// SPDX-License-Identifier: Apache-2.0
// The members of every input of the engine.
#pragma once

#include "agent/core/input.hpp"
#include "agent/record/operator_fields.hpp"
#include "agent/record/settings_fields.hpp"

namespace regent::record {

REGENT_RECORD_WORDS(core::CheckState, up, degraded, down, unknown);

REGENT_RECORD(core, PacketReceived, interface_index, source, destination, ttl, message);
REGENT_RECORD(core, AhHeard, interface_index, source);
REGENT_RECORD_EMPTY(core, TimerFired);
REGENT_RECORD(core, Link, index, name, up, carrier, arp, mtu, mac);
REGENT_RECORD(core, LinkChanged, link);
REGENT_RECORD(core, LinkRemoved, index);
REGENT_RECORD(core, KernelAddress, interface_index, address, prefix, ours, usable, marked);
REGENT_RECORD(core, AddressAppeared, address);
REGENT_RECORD(core, AddressVanished, address);
REGENT_RECORD(core, KernelSnapshot, links, addresses);
REGENT_RECORD(core, AddressRefused, interface_index, address, prefix, adding, reason);
REGENT_RECORD(core, AddressNotTried, interface_index, address, prefix);
REGENT_RECORD(core, RouteRefused, route, adding, reason);
REGENT_RECORD(core, SendFailed, instance, reason);
REGENT_RECORD(core, HearingChanged, instance, problem);
REGENT_RECORD(core, CheckVerdict, check, state, message, unsolicited);
REGENT_RECORD(core, Recalled, memory);
REGENT_RECORD(core, ConfigApplied, settings);
REGENT_RECORD(core, StopRequested, at_once);
REGENT_RECORD_EMPTY(core, SuspendRequested);
REGENT_RECORD_EMPTY(core, DumpRequested);

}  // namespace regent::record
