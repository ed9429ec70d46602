// SPDX-License-Identifier: Apache-2.0
// Sizes as the configuration writes them: "64KiB".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace regent::config {

/// A whole number followed by B, KiB, MiB, GiB, TiB (powers of 1024) or kB, MB, GB, TB (powers of 1000),
/// without a blank, as a number of bytes that fits 63 bits. Otherwise the error says what it is not.
Result<std::int64_t> parse_size(std::string_view text);

/// With the largest of the units KiB to TiB that is exact, or without a unit: "64KiB", "1000".
std::string format_size(std::int64_t bytes);

}  // namespace regent::config
