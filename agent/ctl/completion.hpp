// SPDX-License-Identifier: Apache-2.0
// `regentctl completion`: the table of commands as a script for a shell.
#pragma once

#include <string>

#include "agent/ctl/arguments.hpp"

namespace regent::ctl {

/// For bash 4.3 or newer, with or without the package bash-completion.
std::string bash_completion();

ExitCode completion(const Arguments& given, const Streams& streams);

}  // namespace regent::ctl
