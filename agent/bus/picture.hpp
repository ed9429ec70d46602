// SPDX-License-Identifier: Apache-2.0
// All that the bus thread knows of the agent. Outlives connections: who comes back to a bus shows it at once.
#pragma once

#include <map>
#include <string>

#include "agent/bus/views.hpp"

namespace regent::bus {

struct Picture {
    AgentView agent;
    std::map<std::string, InstanceView> instances;
    std::map<std::string, GroupView> groups;
    std::map<std::string, CheckView> checks;
    std::map<std::string, NotifierView> notifiers;
    std::map<std::string, PluginView> plugins;
    std::map<std::string, core::Counters> counters;  ///< of instances

    /// "fault", "init", "backup" or "master": that of the worst instance; "none" without any.
    std::string state() const;
};

/// One JSON document of schema "regent.status.1": what `Describe` gives and `regentctl status --json` prints.
std::string describe(const Picture& picture);
/// The entry of one instance in it.
std::string describe(const Picture& picture, const std::string& instance);

}  // namespace regent::bus
