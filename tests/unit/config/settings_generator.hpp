// SPDX-License-Identifier: Apache-2.0
// Random settings that a configuration file can express: every field varies, every rule holds.
#pragma once

#include <rapidcheck.h>

#include "agent/core/settings.hpp"

namespace regent::config::test {

/// Checks are of type "haproxy".
core::Settings any_settings();

}  // namespace regent::config::test
