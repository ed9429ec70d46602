// SPDX-License-Identifier: Apache-2.0
// `regentctl plugin …`: what the installed plugins offer, with or without a daemon.
#pragma once

#include "agent/ctl/commands.hpp"

namespace regent::ctl {

/// `plugin list [--json]`: a line for each type; plugins that cannot be used on stderr.
ExitCode plugin_list(const std::vector<std::string>& arguments, const Streams& streams);

/// `plugin show TYPE [--json]`: the check and the notifier of that name; 4 when there is neither.
ExitCode plugin_show(const std::vector<std::string>& arguments, const Streams& streams);

}  // namespace regent::ctl
