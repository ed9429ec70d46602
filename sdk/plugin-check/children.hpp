// SPDX-License-Identifier: Apache-2.0
// Each test in a process of its own: what it does to itself harms no other, and a crash or a hang is a
// verdict.
#pragma once

#include "sdk/plugin-check/options.hpp"
#include "sdk/plugin-check/test.hpp"

namespace regent::plugin_check {

/// The test in this process. What it throws becomes its outcome.
Outcome run_here(const Test& test, const Options& options);

/// The test in a child, which is killed, with all that it started, when its time is over.
Outcome run_in_child(const Test& test, const Options& options);

}  // namespace regent::plugin_check
