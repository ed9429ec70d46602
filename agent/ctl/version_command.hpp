// SPDX-License-Identifier: Apache-2.0
// `regentctl version` and `regentctl --version`.
#pragma once

#include <string>

#include "agent/ctl/arguments.hpp"

namespace regent::ctl {

/// "regentctl 0.1.0" and a line feed.
std::string version_line();

/// The same, and what the agent is if it answers.
ExitCode version(const Arguments& given, const Streams& streams);

}  // namespace regent::ctl
