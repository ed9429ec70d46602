// SPDX-License-Identifier: Apache-2.0
// The commands that talk to the running agent.
#pragma once

#include "agent/ctl/commands.hpp"

namespace regent::ctl {

/// `status [NAME…] [--json]`: 3 when something is wrong with one of them.
ExitCode status(const std::vector<std::string>& arguments, const Streams& streams);
/// `list [KIND] [--json]`
ExitCode list(const std::vector<std::string>& arguments, const Streams& streams);
/// `show NAME [--json]`
ExitCode show(const std::vector<std::string>& arguments, const Streams& streams);
/// `handover NAME [--reason TEXT]`
ExitCode handover(const std::vector<std::string>& arguments, const Streams& streams);
/// `release NAME`
ExitCode release(const std::vector<std::string>& arguments, const Streams& streams);
/// `maintenance on|off [--reason TEXT]`
ExitCode maintenance(const std::vector<std::string>& arguments, const Streams& streams);
/// `reload [--json]`: 7 when the file has errors; the configuration before it runs on.
ExitCode reload(const std::vector<std::string>& arguments, const Streams& streams);
/// `metrics`
ExitCode metrics(const std::vector<std::string>& arguments, const Streams& streams);

}  // namespace regent::ctl
