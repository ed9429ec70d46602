// SPDX-License-Identifier: Apache-2.0
// `regentctl replay …`: what an agent recorded (regentd --record), once more.
#pragma once

#include "agent/ctl/arguments.hpp"

namespace regent::ctl {

/// `replay FILE [--json]`: changes of state, log and operators' commands with their times, then whether the
/// engine of this program does what was recorded; 1 where it does not, where FILE cannot be read, or where
/// inputs are missing in it. With --json one document, regent.replay.1.
ExitCode replay(const Arguments& given, const Streams& streams);

}  // namespace regent::ctl
