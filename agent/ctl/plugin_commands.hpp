// SPDX-License-Identifier: Apache-2.0
// `regentctl plugin …`: what the installed plugins offer, with or without a daemon.
#pragma once

#include "agent/ctl/arguments.hpp"

namespace regent::ctl {

/// A line for each type; plugins that cannot be used on stderr.
ExitCode plugin_list(const Arguments& given, const Streams& streams);

/// The check and the notifier of that name; 4 when there is neither.
ExitCode plugin_show(const Arguments& given, const Streams& streams);

}  // namespace regent::ctl
