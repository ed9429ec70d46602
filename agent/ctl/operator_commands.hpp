// SPDX-License-Identifier: Apache-2.0
// The commands that act on the running agent. What each takes stands in table.cpp.
#pragma once

#include "agent/ctl/arguments.hpp"

namespace regent::ctl {

ExitCode handover(const Arguments& given, const Streams& streams);
ExitCode release(const Arguments& given, const Streams& streams);
ExitCode maintenance(const Arguments& given, const Streams& streams);
/// 7 when the file has errors; the configuration before it runs on.
ExitCode reload(const Arguments& given, const Streams& streams);
ExitCode announce(const Arguments& given, const Streams& streams);
/// 3 when the check is neither UP nor DEGRADED.
ExitCode check_run(const Arguments& given, const Streams& streams);
ExitCode check_override(const Arguments& given, const Streams& streams);
ExitCode check_clear(const Arguments& given, const Streams& streams);
ExitCode notifier_test(const Arguments& given, const Streams& streams);
ExitCode plugin_restart(const Arguments& given, const Streams& streams);

}  // namespace regent::ctl
