// SPDX-License-Identifier: Apache-2.0
// All that the bus thread knows of the agent. Outlives connections: who comes back to a bus shows it at once.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "agent/bus/views.hpp"

namespace regent::bus {

/// The last changes of state of an instance, the newest first.
using History = std::deque<Transition>;
constexpr std::size_t longest_history = 10;

struct Picture {
    AgentView agent;
    std::map<std::string, InstanceView> instances;
    std::map<std::string, GroupView> groups;
    std::map<std::string, CheckView> checks;
    std::map<std::string, NotifierView> notifiers;
    std::map<std::string, PluginView> plugins;
    std::map<std::string, core::Counters> counters;  ///< of instances
    std::map<std::string, History> histories;        ///< of instances

    /// Keeps a change of an instance that is here; the oldest goes.
    void keep(const Transition& transition);
    /// Counters and histories of instances that are not here any more.
    void forget_what_is_gone();
    /// "fault", "init", "backup" or "master": that of the worst instance; "none" without any.
    std::string state() const;
};

/// One JSON document of schema "regent.status.1": what `Describe` gives and `regentctl status --json` prints.
std::string describe(const Picture& picture);
/// The entry of one instance in it.
std::string describe(const Picture& picture, const std::string& instance);

}  // namespace regent::bus
