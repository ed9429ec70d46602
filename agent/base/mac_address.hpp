// SPDX-License-Identifier: Apache-2.0
// The hardware address of an Ethernet interface.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace regent {

struct MacAddress {
    std::array<std::uint8_t, 6> bytes{};

    /// Lower-case hexadecimal with colons.
    std::string to_string() const;

    auto operator<=>(const MacAddress&) const = default;
};

}  // namespace regent
