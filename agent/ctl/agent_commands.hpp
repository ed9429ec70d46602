// SPDX-License-Identifier: Apache-2.0
// The commands that look at the running agent. What each takes stands in table.cpp.
#pragma once

#include "agent/ctl/arguments.hpp"

namespace regent::ctl {

/// 3 when something is wrong with one of them.
ExitCode status(const Arguments& given, const Streams& streams);
/// On a terminal in columns, else name and state with a blank between them.
ExitCode list(const Arguments& given, const Streams& streams);
ExitCode show(const Arguments& given, const Streams& streams);
ExitCode metrics(const Arguments& given, const Streams& streams);

}  // namespace regent::ctl
