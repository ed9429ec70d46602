// SPDX-License-Identifier: Apache-2.0
// From a method call to the engine, and from the answer back to the caller. Bus thread.
#pragma once

#include <functional>
#include <memory>
#include <sdbus-c++/sdbus-c++.h>
#include <string>
#include <utility>

#include "agent/bus/objects.hpp"

namespace regent::bus {

using Done = std::function<void(const Answer&)>;
using Failed = std::function<void(const sdbus::Error&)>;

/// Hands a command to the engine, for who may do `action`, and calls `done` with its answer, or `failed` when
/// that is no or it cannot be handed in. Throws sdbus::Error when it makes no sense.
void ask(const Surroundings& around, sdbus::IObject& object, core::OperatorCommand command,
         const std::string& action, Done done, const Failed& failed);

/// The same for a method: `give(result, answer)` returns what it is to return.
template <typename Result, typename Give>
void ask_for(const Surroundings& around, sdbus::IObject& object, Result result, core::OperatorCommand command,
             const std::string& action, Give give) {
    const auto shared = std::make_shared<Result>(std::move(result));
    ask(
        around, object, std::move(command), action,
        [shared, give](const Answer& answer) { give(*shared, answer); },
        [shared](const sdbus::Error& error) { shared->returnError(error); });
}

/// The same for a method that returns nothing.
void command(const Surroundings& around, sdbus::IObject& object, sdbus::Result<>&& result,
             core::OperatorCommand command, const std::string& action);

}  // namespace regent::bus
