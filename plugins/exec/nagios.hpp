// SPDX-License-Identifier: Apache-2.0
// What a Nagios-style program prints, and what its exit status means (Monitoring Plugins Development
// Guidelines). Computation alone: every byte is taken for hostile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "regent/context.hpp"

namespace regent::plugins::exec {

struct Output {
    std::string message;               ///< UTF-8, one line, at most REGENT_MESSAGE_MAX bytes; may be empty
    std::vector<sdk::Metric> metrics;  ///< at most REGENT_METRIC_MAX, each name once
};

/// The first line up to `|` is the message. Performance data, 'label'=value[unit];warn;crit;min;max, stands
/// behind that `|` and behind the first one of the lines that follow. Values become seconds and bytes; what
/// cannot be read is left out.
Output read_output(std::string_view text);

/// The first line that is not blank, as a message.
std::string first_line(std::string_view text);

/// 0 UP, 1 DEGRADED, 2 DOWN, 3 and everything else UNKNOWN.
sdk::State state_of(int exit_status);

}  // namespace regent::plugins::exec
