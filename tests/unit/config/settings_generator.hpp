// SPDX-License-Identifier: Apache-2.0
// Random settings that a configuration file can express: every field varies, every rule holds.
#pragma once

#include <rapidcheck.h>
#include <utility>

#include "agent/config/plan.hpp"
#include "agent/core/settings.hpp"

namespace regent::config::test {

/// Checks and notifiers are of the types of fake_plugins.hpp.
std::pair<core::Settings, Plan> any_configuration();

}  // namespace regent::config::test
