// SPDX-License-Identifier: Apache-2.0
// Who is told: keepalived's programs belong to an instance or a group; a notifier of regent hears of all of
// them.
#pragma once

#include <vector>

#include "agent/config/keepalived/model.hpp"

namespace regent::config::keepalived {

/// One table for each command and event. Where a command is not wanted for every instance and every group,
/// the command is a shell that looks at REGENT_KIND and REGENT_NAME first.
std::vector<Table> notifiers_of(const Model& model);

}  // namespace regent::config::keepalived
