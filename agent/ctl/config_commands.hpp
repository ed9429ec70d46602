// SPDX-License-Identifier: Apache-2.0
// `regentctl config …`: work on a configuration file alone, with or without a daemon.
#pragma once

#include "agent/ctl/commands.hpp"

namespace regent::ctl {

/// `config check FILE [--json]`: 0 without errors, 7 with; warnings do not count.
ExitCode config_check(const std::vector<std::string>& arguments, const Streams& streams);

/// `config dump FILE [--show-secrets]`: the effective configuration on stdout; 7 when there are errors.
ExitCode config_dump(const std::vector<std::string>& arguments, const Streams& streams);

}  // namespace regent::ctl
