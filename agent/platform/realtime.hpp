// SPDX-License-Identifier: Apache-2.0
// Keeping the engine thread on time on a busy machine. Both are wishes: a refusal is a warning, not an error.
#pragma once

#include "agent/base/result.hpp"

namespace regent::platform {

/// Gives the calling thread SCHED_RR with `priority` (1–99). Children do not inherit it
/// (SCHED_RESET_ON_FORK), nor do threads made afterwards: call it from the engine thread itself.
Result<void> set_realtime_priority(int priority);

/// Locks all memory of the process, present and future. Done only where the limit cannot bind (rules.md 23):
/// with CAP_IPC_LOCK or an unlimited RLIMIT_MEMLOCK. Otherwise mlockall() would succeed and a later
/// allocation fail.
Result<void> lock_memory();

}  // namespace regent::platform
