// SPDX-License-Identifier: Apache-2.0
#include "hex.hpp"

#include <charconv>

namespace regent::plugins::tcp {

std::optional<std::string> bytes_from_hex(std::string_view text) {
    std::string bytes;
    while (!text.empty()) {
        if (text.front() == ' ') {
            text.remove_prefix(1);
            continue;
        }
        if (text.size() < 2) return std::nullopt;
        // Unsigned, because from_chars would take "-1" for a signed number.
        unsigned value = 0;
        const char* const end = text.data() + 2;
        const auto [stopped, error] = std::from_chars(text.data(), end, value, 16);
        if (error != std::errc{} || stopped != end) return std::nullopt;
        bytes.push_back(static_cast<char>(value));
        text.remove_prefix(2);
    }
    return bytes;
}

}  // namespace regent::plugins::tcp
