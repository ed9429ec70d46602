// SPDX-License-Identifier: Apache-2.0
// `regentctl watch`: a line for each change, as it happens. It subscribes; nothing is polled.
#pragma once

#include "agent/ctl/arguments.hpp"

namespace regent::ctl {

/// 8 when the time was over first.
ExitCode watch(const Arguments& given, const Streams& streams);

}  // namespace regent::ctl
