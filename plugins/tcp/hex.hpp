// SPDX-License-Identifier: Apache-2.0
// Bytes that a text parameter cannot hold, as they are written in a file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace regent::plugins::tcp {

/// "4a 52 4D49" -> the four bytes. Pairs of hexadecimal digits, blanks between pairs allowed; nothing when it
/// is anything else.
std::optional<std::string> bytes_from_hex(std::string_view text);

}  // namespace regent::plugins::tcp
