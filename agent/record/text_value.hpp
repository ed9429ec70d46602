// SPDX-License-Identifier: Apache-2.0
// Bytes as text in a line of a recording.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/bytes.hpp"
#include "agent/base/mac_address.hpp"

namespace regent::record {

/// Two lower-case digits a byte.
std::string to_hex(ByteView bytes);
/// Exactly what to_hex() makes, or nothing.
std::optional<Bytes> from_hex(std::string_view text);

/// Exactly what MacAddress::to_string() makes, or nothing.
std::optional<MacAddress> parse_mac(std::string_view text);

/// Whether JSON can hold the text as it is.
bool is_utf8(std::string_view text);

}  // namespace regent::record
