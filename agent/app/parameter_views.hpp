// SPDX-License-Identifier: Apache-2.0
// The parameters of a check, as callers on the bus see them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/bus/views.hpp"
#include "agent/config/plan.hpp"

namespace regent::app {

/// By name, those that are set; a secret as "***". `plugins` has the schema of the check's type.
std::map<std::string, bus::ParameterView> parameters_of(const config::CheckPlan& check,
                                                        const std::vector<config::Plugin>& plugins);

}  // namespace regent::app
