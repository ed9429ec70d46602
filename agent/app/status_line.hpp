// SPDX-License-Identifier: Apache-2.0
// The one line of STATUS= that `systemctl status` shows.
#pragma once

#include <map>
#include <string>

#include "agent/core/status.hpp"

namespace regent::app {

/// State, priority and cause of each instance. When there are too many for a line: counts by state, and the
/// first of those in FAULT or marked.
std::string status_line(const std::map<std::string, core::InstanceStatus>& instances);

}  // namespace regent::app
