// SPDX-License-Identifier: Apache-2.0
// What the bus shows of the agent: plain values, handed over by the service thread. Times are µs since 1970.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/status.hpp"
#include "agent/plugin/status.hpp"

namespace regent::bus {

struct AgentView {
    std::string version;
    std::string node;
    std::string config_path;
    std::string config_problem;  ///< why the file on disk is not the one that runs; empty: it is
    std::string config_hash;
    std::uint64_t last_reload = 0;
    std::optional<std::string> maintenance;  ///< the reason; none: not in maintenance

    bool operator==(const AgentView&) const = default;
};

struct InstanceView {
    core::InstanceStatus status;
    std::uint8_t version = 0;  ///< of VRRP
    Family family = Family::ipv4;
    std::uint64_t since = 0;
    std::vector<std::string> checks = {};  ///< that it tracks, by itself or through its group

    bool operator==(const InstanceView&) const = default;
};

struct GroupView {
    std::string name;
    std::string state = "init";  ///< that all members have come to last
    std::string reason;
    std::vector<std::string> instances;

    bool operator==(const GroupView&) const = default;
};

/// A parameter of a plugin; a duration is in µs.
using ParameterView =
    std::variant<bool, std::int64_t, std::uint64_t, double, std::string, std::vector<std::string>>;

struct CheckView {
    plugin::CheckStatus status;
    std::uint64_t since = 0;  ///< 0: pending
    std::map<std::string, ParameterView> parameters;
    std::string override_state;  ///< "up" or "down", for which it counts whatever it says; empty: it counts
    std::uint64_t override_until = 0;

    bool operator==(const CheckView&) const = default;
};

using NotifierView = plugin::NotifierStatus;
struct PluginView {
    plugin::PluginStatus status;
    std::string id;
    std::string version;
    std::vector<std::string> types;  ///< of checks and notifiers

    bool operator==(const PluginView&) const = default;
};

enum class Kind : std::uint8_t { instance, group, check, notifier, plugin };

/// A change of state, as a signal.
struct Transition {
    Kind kind = Kind::instance;
    std::string name;
    std::string old_state;
    std::string new_state;
    std::uint64_t sequence = 0;
    std::string reason;
    std::uint64_t at = 0;  ///< µs since 1970
};

}  // namespace regent::bus
