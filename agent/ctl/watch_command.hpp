// SPDX-License-Identifier: Apache-2.0
// `regentctl watch`: a line for each change, as it happens. It subscribes; nothing is polled.
#pragma once

#include "agent/ctl/commands.hpp"

namespace regent::ctl {

/// `watch [NAME…] [--json] [--until state=STATE] [--timeout DURATION]`: 8 when the time was over first.
ExitCode watch(const std::vector<std::string>& arguments, const Streams& streams);

}  // namespace regent::ctl
