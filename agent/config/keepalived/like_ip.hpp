// SPDX-License-Identifier: Apache-2.0
// Parts of entries that are like the arguments of ip(8): addresses and routes.
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/config/keepalived/reading.hpp"

namespace regent::config::keepalived {

struct Prefixed {
    IpAddress address;
    std::optional<unsigned> prefix;
};

/// Nothing when `text` is no address, or its prefix is none of the family.
inline std::optional<Prefixed> prefixed(std::string_view text) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    if (slash == text.size()) return Prefixed{*address, std::nullopt};
    const auto prefix = number_of(text.substr(slash + 1));
    if (!prefix || *prefix < 0 || *prefix > address->full_prefix()) return std::nullopt;
    return Prefixed{*address, static_cast<unsigned>(*prefix)};
}

/// What follows an address or a destination, as the rest of an inline table. As with keepalived the last
/// counts.
class Options {
  public:
    void set(std::string_view key, std::string toml) {
        const auto same =
            std::find_if(list_.begin(), list_.end(), [&](const auto& each) { return each.first == key; });
        if (same != list_.end()) list_.erase(same);
        list_.emplace_back(key, std::move(toml));
    }
    bool empty() const { return list_.empty(); }
    std::string text() const {
        std::string out;
        for (const auto& [key, toml] : list_)
            out += fmt::format(", {} = {}", key, toml);
        return out;
    }

  private:
    std::vector<std::pair<std::string, std::string>> list_;
};

}  // namespace regent::config::keepalived
