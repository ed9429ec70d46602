// SPDX-License-Identifier: Apache-2.0
// What instances, groups, checks, notifiers and the node may be called.
#pragma once

#include <string_view>

namespace regent::config {

inline constexpr std::size_t longest_name = 64;

inline bool is_name(std::string_view name) {
    constexpr std::string_view characters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:@";
    return !name.empty() && name.size() <= longest_name &&
           name.find_first_not_of(characters) == std::string_view::npos;
}

}  // namespace regent::config
