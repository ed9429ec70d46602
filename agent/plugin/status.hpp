// SPDX-License-Identifier: Apache-2.0
// How checks, notifiers and plugin hosts are, for whoever looks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <sys/types.h>
#include <variant>

#include "agent/base/time.hpp"

namespace regent::plugin {

struct CheckStatus {
    std::string name;
    std::string type;
    std::string plugin;  ///< its name: that of the file, as "regent-tcp"
    std::string state =
        "pending";  ///< or up, degraded, down, unknown: what was last seen, before rise and fall
    std::string message;
    std::string
        reason;       ///< of the state, in a word: "timeout", "internal" without an answer; empty: none yet
    Instant since{};  ///< of the state; a time long past before there is one
    Duration elapsed{};  ///< of the last answer
    std::uint32_t rise = 1, fall = 1;
    std::map<std::string, double> metrics;

    bool operator==(const CheckStatus&) const = default;
};

struct NotifierStatus {
    std::string name;
    std::string type;
    std::string plugin;
    std::uint32_t waiting = 0;  ///< events
    std::uint64_t delivered = 0, failed = 0, dropped = 0;
    std::string last_failure;
    bool failing = false;  ///< the last event was not delivered, or none can be

    bool operator==(const NotifierStatus&) const = default;
};

struct PluginStatus {
    std::string name;
    std::string file;
    std::string state;  ///< running, starting, waiting (to be started again), ending
    pid_t pid = 0;      ///< of its host; 0: it does not run
    std::uint64_t starts = 0;
    std::map<std::string, std::uint64_t> counters = {};  ///< of what its host has seen go wrong, by kind

    bool operator==(const PluginStatus&) const = default;
};

using Status = std::variant<CheckStatus, NotifierStatus, PluginStatus>;

}  // namespace regent::plugin
