// SPDX-License-Identifier: Apache-2.0
// All the times that something waits for: one ordered set behind one timer of the loop, so that a thousand
// instances cost what one costs.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "agent/base/time.hpp"
#include "agent/plugin/protocol.hpp"

namespace regent::plugin::host {

class Timers {
  public:
    enum class Use : std::uint8_t { deadline, plugin };
    struct Key {
        InstanceId instance = 0;
        Use use = Use::deadline;
        std::uint64_t timer = 0;  ///< as the plugin calls it

        auto operator<=>(const Key&) const = default;
    };

    void set(const Key& key, Instant at) {
        clear(key);
        times_[key] = at;
        order_.insert({at, key});
    }

    void clear(const Key& key) {
        const auto found = times_.find(key);
        if (found == times_.end()) return;
        order_.erase({found->second, key});
        times_.erase(found);
    }

    void clear_all(InstanceId instance) {
        auto at = times_.lower_bound({instance, Use::deadline, 0});
        while (at != times_.end() && at->first.instance == instance) {
            order_.erase({at->second, at->first});
            at = times_.erase(at);
        }
    }

    bool has(const Key& key) const { return times_.contains(key); }

    /// How many plugin timers of `instance` are set, counted up to `limit`.
    std::size_t count(InstanceId instance, std::size_t limit) const {
        std::size_t counted = 0;
        for (auto at = times_.lower_bound({instance, Use::plugin, 0});
             at != times_.end() && at->first.instance == instance && counted < limit; ++at)
            ++counted;
        return counted;
    }

    std::optional<Instant> next() const {
        return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
    }

    /// The first that is due, which is then no longer set.
    std::optional<Key> take_due(Instant now) {
        if (order_.empty() || order_.begin()->first > now) return std::nullopt;
        const Key key = order_.begin()->second;
        clear(key);
        return key;
    }

  private:
    std::map<Key, Instant> times_;
    std::set<std::pair<Instant, Key>> order_;
};

}  // namespace regent::plugin::host
