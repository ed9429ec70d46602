// SPDX-License-Identifier: Apache-2.0
// What is to be checked and who is to be told: the part of the configuration that the engine does not see.
#pragma once

#include <array>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/config/schema.hpp"
#include "agent/core/settings.hpp"

namespace regent::config {

/// When a check is judged: asked every `interval`, by what it pushes, or both.
enum class Mode : std::uint8_t {
    event,  ///< pushes count; asked at the start and every `resync`, so that a silent plugin cannot lie for
            ///< ever
    poll,   ///< asked every `interval`; pushes do not count
    both,   ///< asked every `interval`; pushes count
};

/// An instance of a plugin's type, with a value for each parameter of the schema, in its order.
struct PluginUse {
    std::string type;
    std::filesystem::path plugin;  ///< the shared object
    bool needs_net_raw = false;    ///< of the plugin as a whole: its types share a process
    bool needs_setuid = false;
    std::vector<Value> values;
    std::string build = {};  ///< of the shared object: one that was replaced has parameters of its own

    bool operator==(const PluginUse&) const = default;
};

struct CheckPlan {
    core::Check settings;
    Duration jitter = Duration::zero();  ///< each probe comes up to this much later, at random
    Mode mode = Mode::both;
    Duration resync = std::chrono::seconds(30);
    bool confirm = false;  ///< a pushed DOWN counts only after one probe has confirmed it
    PluginUse use;

    bool operator==(const CheckPlan&) const = default;
};

constexpr std::array<std::string_view, 5> notifier_events{"master", "backup", "fault", "stop", "deleted"};

struct NotifierPlan {
    std::string name;
    std::set<std::string> events;  ///< new states that it is told, of notifier_events; empty: all
    Duration timeout = std::chrono::seconds(10);
    std::size_t queue = 64;  ///< events that may wait; the oldest is dropped beyond
    PluginUse use;

    bool operator==(const NotifierPlan&) const = default;
};

struct Plan {
    std::string node;
    std::vector<CheckPlan> checks;
    std::vector<NotifierPlan> notifiers;

    bool operator==(const Plan&) const = default;
};

}  // namespace regent::config
