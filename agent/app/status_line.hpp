// SPDX-License-Identifier: Apache-2.0
// The one line of STATUS= that `systemctl status` shows.
#pragma once

#include <map>
#include <string>

#include "agent/core/status.hpp"

namespace regent::app {

/// State, priority and cause of each instance; counts by state when there are too many for a line.
std::string status_line(const std::map<std::string, core::InstanceStatus>& instances);

}  // namespace regent::app
