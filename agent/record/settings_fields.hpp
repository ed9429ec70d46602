// SPDX-License-Identifier: Apache-2.0
// The members of settings and of what is remembered. A new one belongs here too, or it does not compile.
#pragma once

#include "agent/core/memory.hpp"
#include "agent/core/settings.hpp"
#include "agent/record/fields.hpp"
#include "agent/vrrp/state_machine.hpp"

namespace regent::record {

REGENT_RECORD_WORDS(Family, ipv4, ipv6);
REGENT_RECORD_WORDS(vrrp::Version, v2, v3);
REGENT_RECORD_WORDS(vrrp::State, init, backup, master, yielding, fault);
REGENT_RECORD_WORDS(core::Scope, global, site, link, host);
REGENT_RECORD_WORDS(core::OnDown, last_resort, fault);
REGENT_RECORD_WORDS(core::OnUnknown, hold, down, ignore);
REGENT_RECORD_WORDS(core::ChecksumPolicy, automatic, message_only, pseudo_header);
REGENT_RECORD_WORDS(core::Memory::Verdict, up, down, ignored);

REGENT_RECORD(core, VirtualAddress, address, prefix, device, label, scope, broadcast);
REGENT_RECORD(core, Route, destination, prefix, gateway, device, source, metric, table);
REGENT_RECORD(core, Gratuitous, count, delay, refresh, interval);
REGENT_RECORD(core, CheckTracker, check, weight, on_down);
REGENT_RECORD(core, InterfaceTracker, interface, weight);
REGENT_RECORD(core, Instance, name, interface, virtual_router_id, priority, version, family, advert_interval,
              down_adverts, addresses, addresses_excluded, routes, lease, pair, preempt, preempt_delay,
              startup_delay, recover_delay, debounce, source_address, multicast_group, unicast_peers,
              unicast_ttl, checksum, password, gratuitous, checks, interfaces);
REGENT_RECORD(core, Group, name, members, checks);
REGENT_RECORD(core, Check, name, type, interval, timeout, rise, fall, on_unknown, hold_time);
REGENT_RECORD(core, Settings, node, instances, groups, checks);

REGENT_RECORD(core, AddressKey, device, address, prefix);
REGENT_RECORD(core, RouterKey, interface, family, virtual_router_id);
REGENT_RECORD(core, Memory::Router, key, addresses, master, held, last_advert, trusted, peer_down);
REGENT_RECORD(core, Memory::Check, name, verdict, message);
REGENT_RECORD(core, Memory::Override, check, up, until, message);
REGENT_RECORD(core, Memory, routers, checks, resumes, maintenance, overrides);

}  // namespace regent::record
