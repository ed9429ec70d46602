// SPDX-License-Identifier: Apache-2.0
// What callers on the bus ask of the agent, and what they are answered.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <variant>
#include <vector>

#include "agent/config/diagnostic.hpp"
#include "agent/core/action.hpp"
#include "agent/core/input.hpp"
#include "agent/plugin/order.hpp"

namespace regent::bus {

/// Who asks, for the log.
struct Caller {
    uid_t uid = 0;
    pid_t pid = 0;
    std::string process;  ///< its name, one line of UTF-8; empty: it is gone
};

struct Request {
    Caller caller;
    core::OperatorCommand command;
};

struct ReloadAnswer {
    bool ok = false;
    std::vector<config::Diagnostic> diagnostics;
};

struct Answer {
    std::uint64_t id = 0;  ///< of the command; 0: nobody on the bus has asked
    /// A command that finds no room is answered by the engine's, whatever it was.
    std::variant<core::OperatorAnswer, ReloadAnswer, plugin::OrderAnswer> what;
};

}  // namespace regent::bus
