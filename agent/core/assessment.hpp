// SPDX-License-Identifier: Apache-2.0
// What the health of everything a sync group tracks amounts to (rules.md 10, 13, 16).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/core/settings.hpp"
#include "agent/core/turn.hpp"
#include "agent/core/virtual_router.hpp"

namespace regent::core {

struct Assessment {
    std::optional<std::string> interface_fault;  ///< an interface is down or missing: FAULT
    std::optional<std::string> check_fault;      ///< a check with `on_down = "fault"` is DOWN: FAULT
    std::optional<std::string> last_resort;      ///< a check without weight is DOWN, or never reported
    int weight = 0;                              ///< sum of the weights of what has failed, each once
    std::string weight_reason;
    bool pending = false;  ///< a check has not reported yet and is within its grace
};

/// Trackers of any member count for every member, each once.
Assessment assess(const std::vector<VirtualRouter*>& members, const std::vector<CheckTracker>& group_checks,
                  const Turn& turn);

/// When a link that is down now will have been down for long enough to count.
std::optional<Instant> debounce_deadline(const std::vector<VirtualRouter*>& members, const Turn& turn);

/// base + weight, clamped to 1–254; an owner (255) stays one (rules.md 16).
std::uint8_t effective_priority(std::uint8_t base, int weight);

}  // namespace regent::core
