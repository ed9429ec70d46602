// SPDX-License-Identifier: Apache-2.0
// `regentctl config …`: work on a configuration file alone, with or without a daemon.
#pragma once

#include "agent/ctl/arguments.hpp"

namespace regent::ctl {

/// 0 without errors, 7 with; warnings do not count.
ExitCode config_check(const Arguments& given, const Streams& streams);

/// The effective configuration on stdout; 7 when there are errors.
ExitCode config_dump(const Arguments& given, const Streams& streams);

}  // namespace regent::ctl
