// SPDX-License-Identifier: Apache-2.0
// What can only be said once everything is read: which instances remain, and what a weight means.
#pragma once

#include "agent/config/keepalived/model.hpp"
#include "agent/config/keepalived/reading.hpp"

namespace regent::config::keepalived {

/// Takes out instances without an address, members that are none, and groups without a member.
void resolve_members(Model& model, const Reading& reading);

/// Fills track, track_interfaces and shift. keepalived adds a positive weight while things are well; regent
/// adds weights while they are not: the priority is raised once, and the weight is turned. In a group without
/// sync_group_tracking_weight keepalived drops what a member tracks with a weight, and takes an interface
/// with a weight as one without (seen with 2.2.7).
void resolve_tracking(Model& model, const Reading& reading);

}  // namespace regent::config::keepalived
