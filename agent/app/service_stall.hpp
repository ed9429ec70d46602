// SPDX-License-Identifier: Apache-2.0
// Whether the service thread takes what it is woken for (rules.md 20). Seen from the engine, which alone can
// tell while it lasts.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "agent/base/time.hpp"

namespace regent::app {

class ServiceStall {
  public:
    static constexpr Duration limit = std::chrono::seconds(5);

    /// The engine has woken it, as it does once a second at least. `progress` is what the service thread has
    /// counted of its own work. True when it has come to a stall, once for each.
    bool woken(std::uint64_t progress, Instant now) {
        // Where the engine did not run either, nobody was late.
        const Duration since_last = std::min(now - last_, longest_step);
        last_ = now;
        if (progress != progress_) {
            progress_ = progress;
            waited_ = Duration::zero();
            told_ = false;
            return false;
        }
        waited_ += since_last;
        if (told_ || waited_ <= limit) return false;
        told_ = true;
        return true;
    }

  private:
    static constexpr Duration longest_step = std::chrono::seconds(2);

    std::uint64_t progress_ = 0;
    Instant last_{};
    Duration waited_{};
    bool told_ = false;
};

}  // namespace regent::app
