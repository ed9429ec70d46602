// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "agent/base/ip_address.hpp"

namespace regent::core {

/// Where an address stands. The kernel tells addresses of one interface apart by address and prefix.
struct AddressKey {
    std::string device;
    IpAddress address;
    std::uint8_t prefix = 0;

    auto operator<=>(const AddressKey&) const = default;
    std::string to_string() const;
};

}  // namespace regent::core
