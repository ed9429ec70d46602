// SPDX-License-Identifier: Apache-2.0
// The table of commands as text for people.
#pragma once

#include <string>
#include <string_view>

#include "agent/ctl/command.hpp"

namespace regent::ctl {

/// "list [instances|groups] [--json]"
std::string usage(const Command& command);

/// `regentctl COMMAND --help`
std::string help_of(const Command& command);

/// `regentctl --help`; with a group as "config" of its commands alone.
std::string help_of_all(std::string_view group = {});

/// The section SYNOPSIS of regentctl(1) in the language of scdoc(5), without its heading.
std::string man_synopsis();

}  // namespace regent::ctl
