// SPDX-License-Identifier: Apache-2.0
// What must hold between keys and between tables.
#pragma once

#include "agent/config/capabilities.hpp"
#include "agent/config/draft.hpp"
#include "agent/config/report.hpp"

namespace regent::config {

/// Everything but judge_plugins(), in one call.
void judge(Draft& draft, Report& report);

/// Within one instance: addresses and families, version, owner.
void judge_instance(InstanceDraft& instance, Report& report);
/// Within one instance, after judge_instance(): multicast or unicast. Sets `pair` and merges
/// `unicast_source`.
void judge_transport(InstanceDraft& instance, Report& report);

/// Between instances: virtual router ids, addresses and routes.
void judge_identities(const Draft& draft, Report& report);

/// Groups, trackers and checks: references, memberships, weights.
void judge_references(const Draft& draft, Report& report);
void judge_weights(const Draft& draft, Report& report);

/// Lets the plugins judge the values of each check and notifier that was read without an error.
void judge_plugins(const Draft& draft, const Capabilities& capabilities, Report& report);

}  // namespace regent::config
