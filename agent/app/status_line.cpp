// SPDX-License-Identifier: Apache-2.0
#include "agent/app/status_line.hpp"

#include <fmt/format.h>
#include <vector>

namespace regent::app {
namespace {

constexpr std::size_t listed = 8;

std::string describe(const core::InstanceStatus& status) {
    std::string mark = status.held ? ", held" : "";
    mark += status.degraded ? ", degraded" : status.last_resort ? ", last resort" : "";
    if (status.last_resort && status.reason.find(status.last_resort_cause) == std::string::npos)
        mark += ": " + status.last_resort_cause;
    return fmt::format("{} {} {}{} ({})", status.name, vrrp::to_string(status.state),
                       status.effective_priority, mark, status.reason);
}

bool is_worth_a_name(const core::InstanceStatus& status) {
    return status.state == vrrp::State::fault || status.held || status.degraded || status.last_resort;
}

}  // namespace

std::string status_line(const std::map<std::string, core::InstanceStatus>& instances) {
    if (instances.empty()) return "no instance is configured";
    std::vector<std::string> parts;
    if (instances.size() <= listed) {
        for (const auto& [name, status] : instances)
            parts.push_back(describe(status));
        return fmt::format("{}", fmt::join(parts, "; "));
    }
    std::map<std::string_view, unsigned> counts;
    for (const auto& [name, status] : instances)
        ++counts[vrrp::to_string(status.state)];
    for (const auto& [state, count] : counts)
        parts.push_back(fmt::format("{} {}", count, state));
    std::string line = fmt::format("{} instances: {}", instances.size(), fmt::join(parts, ", "));
    std::size_t shown = 0;
    for (const auto& [name, status] : instances) {
        if (!is_worth_a_name(status) || ++shown > listed) continue;
        line += "; " + describe(status);
    }
    return line;
}

}  // namespace regent::app
