// SPDX-License-Identifier: Apache-2.0
// The members of every action of the engine, for their digest.
#pragma once

#include "agent/core/action.hpp"
#include "agent/record/operator_fields.hpp"
#include "agent/record/settings_fields.hpp"

namespace regent::record {

REGENT_RECORD(core, SendAdvert, instance, interface_index, source, destination, ttl, message);
REGENT_RECORD(core, AddAddress, interface_index, address, lease, not_after);
REGENT_RECORD(core, RenewLease, interface_index, address, lease, not_after);
REGENT_RECORD(core, RemoveAddress, interface_index, address, prefix);
REGENT_RECORD(core, AddRoute, route);
REGENT_RECORD(core, RemoveRoute, route);
REGENT_RECORD(core, SendFrame, interface_index, frame);
REGENT_RECORD(core, InstanceStatus, name, interface, group, virtual_router_id, state, priority,
              effective_priority, weights, reason, degraded, held, last_resort, last_resort_cause, master,
              since, addresses, peers);
REGENT_RECORD(core, PublishState, status);
REGENT_RECORD(core, Transition, sequence, instance, group, from, to, priority, reason);
REGENT_RECORD(core, Forget, instance);
REGENT_RECORD(core, Remember, memory);
REGENT_RECORD(core, RecordAdvert, slot, at);
REGENT_RECORD(core, OperatorAnswer, id, outcome, text);
REGENT_RECORD(core, PassOn, command);
REGENT_RECORD(core, Log, level, instance, text, change);
REGENT_RECORD_EMPTY(core, Stopped);

}  // namespace regent::record
