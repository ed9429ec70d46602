// SPDX-License-Identifier: Apache-2.0
#include "agent/base/mac_address.hpp"

#include <string_view>

namespace regent {

std::string MacAddress::to_string() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto byte : bytes) {
        if (!text.empty()) text += ':';
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
    return text;
}

}  // namespace regent
