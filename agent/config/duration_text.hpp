// SPDX-License-Identifier: Apache-2.0
// Durations as the configuration writes them: a number and a unit, as in "1s", "250ms", "0.5s".
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/base/time.hpp"

namespace regent::config {

/// The longest duration that can be written: 7 days.
constexpr Duration maximum_duration = std::chrono::hours(7 * 24);

/// A non-negative decimal number followed by ns, us, ms, s, m or h, without a blank. The value must be a
/// whole number of nanoseconds and at most maximum_duration; otherwise the error says which of these it is
/// not.
Result<Duration> parse_duration(std::string_view text);

/// The shortest whole number that is exact: "0s", "1500ms", "2m". parse_duration() gives the same back.
std::string format_duration(Duration duration);

}  // namespace regent::config
