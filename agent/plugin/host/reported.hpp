// SPDX-License-Identifier: Apache-2.0
// What a plugin reports, as the message that the agent gets of it.
#pragma once

#include "agent/base/time.hpp"
#include "agent/plugin/protocol.hpp"

#include "regent/abi/result.h"

namespace regent::plugin::host {

/// The number of the probe that `result` answers; 0: none, or no result to speak of.
std::uint64_t probe_of(const regent_result* result);

/// Checked and copied: a state or reason that does not exist is UNKNOWN (internal), text is cut and made
/// printable, metrics without a name, a finite value or room are left out. `asked`: when the probe was, if
/// one was.
Report report_of(InstanceId instance, const regent_result* from, Instant asked, Instant now);

}  // namespace regent::plugin::host
