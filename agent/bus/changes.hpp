// SPDX-License-Identifier: Apache-2.0
// Which properties of an object differ between two views of it, by their names on the bus.
#pragma once

#include <string>
#include <vector>

#include "agent/bus/views.hpp"

namespace regent::bus {

std::vector<std::string> changed_properties(const AgentView& before, const AgentView& after);
std::vector<std::string> changed_properties(const InstanceView& before, const InstanceView& after);
std::vector<std::string> changed_properties(const GroupView& before, const GroupView& after);
std::vector<std::string> changed_properties(const CheckView& before, const CheckView& after);
std::vector<std::string> changed_properties(const NotifierView& before, const NotifierView& after);
std::vector<std::string> changed_properties(const PluginView& before, const PluginView& after);

}  // namespace regent::bus
