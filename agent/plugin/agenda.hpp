// SPDX-License-Identifier: Apache-2.0
// Who is to act when: one ordered set, so that a thousand checks cost one timer.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "agent/base/time.hpp"

namespace regent::plugin {

/// Something that wants to act at a time of its own.
class Timed {
  public:
    virtual ~Timed() = default;
    virtual std::optional<Instant> next_deadline() const = 0;
    virtual void run(Instant now) = 0;
};

class Agenda {
  public:
    /// After anything that may have changed its deadline. `timed` must be removed before it goes.
    void update(Timed& timed) {
        remove(timed);
        const auto at = timed.next_deadline();
        if (!at) return;
        order_.insert({*at, &timed});
        times_[&timed] = *at;
    }

    void remove(Timed& timed) {
        const auto found = times_.find(&timed);
        if (found == times_.end()) return;
        order_.erase({found->second, &timed});
        times_.erase(found);
    }

    std::optional<Instant> next() const {
        return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
    }

    /// Runs what is due, each at most once, so that one that is always due does not keep the thread.
    void run(Instant now) {
        std::set<Timed*> done;
        for (auto at = order_.begin(); at != order_.end() && at->first <= now;) {
            Timed* const timed = at->second;
            if (!done.insert(timed).second) {
                ++at;
                continue;
            }
            remove(*timed);
            timed->run(now);
            update(*timed);
            at = order_.begin();
        }
    }

  private:
    std::set<std::pair<Instant, Timed*>> order_;
    std::map<Timed*, Instant> times_;
};

}  // namespace regent::plugin
