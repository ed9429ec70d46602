// SPDX-License-Identifier: Apache-2.0
// The keys of an instance that follow from several settings, keepalived's defaults among them.
#pragma once

#include "agent/config/keepalived/model.hpp"
#include "agent/config/keepalived/reading.hpp"

namespace regent::config::keepalived {

/// Sets every key of the instance's table but its lists.
void complete(Instance& instance, const Globals& globals, const Reading& reading);

}  // namespace regent::config::keepalived
