// SPDX-License-Identifier: Apache-2.0
// How late our own advertisements leave. What a peer tolerates is a margin; this says when it is being eaten.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/base/time.hpp"
#include "agent/core/action.hpp"

namespace regent::core {

class Lateness {
  public:
    /// An advertisement of `instance` leaves `late` after its time; a peer gives up when it is `margin` late.
    /// More than a quarter of the margin is worth telling: true.
    bool note(const std::string& instance, Duration late, Duration margin, Instant now);

    /// Tells the first at once, then at most once a minute.
    void run(Instant now, Actions& actions);
    std::optional<Instant> next_deadline() const;

  private:
    std::uint64_t count_ = 0;  ///< not told yet
    Duration worst_{};
    Duration margin_{};     ///< of the worst
    std::string instance_;  ///< the worst
    std::optional<Instant> told_at_;
    Instant due_{};
};

}  // namespace regent::core
