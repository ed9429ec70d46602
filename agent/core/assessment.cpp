// SPDX-License-Identifier: Apache-2.0
#include "agent/core/assessment.hpp"

#include <algorithm>
#include <set>

#include "agent/base/text.hpp"

namespace regent::core {
namespace {

void set_once(std::optional<std::string>& where, std::string text) {
    if (!where) where = std::move(text);
}

/// A weight counts once, whoever tracks; FAULT and last resort of one member are of all.
struct Counted {
    std::set<std::string> checks;
    std::set<std::string> interfaces;
};

void add_weight(Assessment& result, int weight, const std::string& reason) {
    result.weight += weight;
    if (!result.weight_reason.empty()) result.weight_reason += "; ";
    result.weight_reason += concat(reason, " (", weight > 0 ? "+" : "", weight, ")");
}

void add_check(Assessment& result, const CheckTracker& tracker, const Health& health, Counted& counted) {
    const auto judgement = health.judge(tracker.check);
    if (judgement.state == Health::State::pending) result.pending = true;
    if (judgement.state == Health::State::overdue) {
        set_once(result.last_resort, concat("check ", tracker.check, " could not be judged",
                                            judgement.message.empty() ? "" : ": ", judgement.message));
    }
    if (judgement.state != Health::State::down) return;
    const auto reason = concat("check ", tracker.check, judgement.stale ? " DOWN, stale" : " DOWN",
                               judgement.message.empty() ? "" : ": ", judgement.message);
    if (tracker.weight) {
        if (counted.checks.insert(tracker.check).second) add_weight(result, *tracker.weight, reason);
    } else if (tracker.on_down == OnDown::fault) {
        set_once(result.check_fault, reason);
    } else {
        set_once(result.last_resort, reason);
    }
}

void add_interface(Assessment& result, const InterfaceTracker& tracker, Duration debounce, const Turn& turn,
                   Counted& counted) {
    const auto* link = turn.kernel.link(tracker.interface);
    if (link != nullptr && (!link->down_since || turn.now < *link->down_since + debounce)) return;
    const auto reason =
        concat("interface ", tracker.interface, link != nullptr ? " is down" : " does not exist");
    if (tracker.weight) {
        if (counted.interfaces.insert(tracker.interface).second) add_weight(result, *tracker.weight, reason);
    } else {
        set_once(result.interface_fault, reason);
    }
}

}  // namespace

Assessment assess(const std::vector<VirtualRouter*>& members, const std::vector<CheckTracker>& group_checks,
                  const Turn& turn) {
    Assessment result;
    Counted counted;
    for (const auto& tracker : group_checks)
        add_check(result, tracker, turn.health, counted);
    for (const auto* member : members) {
        const auto& settings = member->settings();
        if (auto fault = member->interface_fault(turn)) set_once(result.interface_fault, std::move(*fault));
        for (const auto& tracker : settings.checks)
            add_check(result, tracker, turn.health, counted);
        for (const auto& tracker : settings.interfaces)
            add_interface(result, tracker, settings.debounce, turn, counted);
    }
    return result;
}

std::optional<Instant> debounce_deadline(const std::vector<VirtualRouter*>& members, const Turn& turn) {
    std::optional<Instant> next;
    const auto consider = [&](const std::string& interface, Duration debounce) {
        const auto* link = turn.kernel.link(interface);
        if (!link || !link->down_since) return;
        const Instant at = *link->down_since + debounce;
        if (at > turn.now && (!next || at < *next)) next = at;
    };
    for (const auto* member : members) {
        const auto& settings = member->settings();
        consider(settings.interface, settings.debounce);
        for (const auto& tracker : settings.interfaces)
            consider(tracker.interface, settings.debounce);
    }
    return next;
}

std::uint8_t effective_priority(std::uint8_t base, int weight) {
    if (base == vrrp::owner_priority) return base;
    return static_cast<std::uint8_t>(std::clamp(base + weight, 1, 254));
}

}  // namespace regent::core
