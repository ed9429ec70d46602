// SPDX-License-Identifier: Apache-2.0
// From a method call to the engine or the plugin thread, and from its answer back to the caller. Bus thread.
#pragma once

#include <functional>
#include <sdbus-c++/sdbus-c++.h>
#include <string>

#include "agent/bus/objects.hpp"

namespace regent::bus {

/// Hands a command to the engine, for who may do `action`; its answer is that of the method. Throws
/// sdbus::Error.
void command(const Surroundings& around, sdbus::IObject& object, sdbus::Result<>&& result,
             core::OperatorCommand what, const std::string& action);

/// What to answer when an order is done; when it is not, the caller gets an error instead.
using OrderDone = std::function<void(const plugin::OrderAnswer&)>;
using OrderFailed = std::function<void(const sdbus::Error&)>;

/// The same for the plugin thread.
void order(const Surroundings& around, sdbus::IObject& object, plugin::Order what, const std::string& action,
           OrderDone done, OrderFailed failed);
/// One whose method returns nothing.
void order(const Surroundings& around, sdbus::IObject& object, sdbus::Result<>&& result, plugin::Order what,
           const std::string& action);

}  // namespace regent::bus
