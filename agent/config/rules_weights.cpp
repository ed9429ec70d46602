// SPDX-License-Identifier: Apache-2.0
// Warnings about weights, and about groups, that cannot do what they seem to promise (rules.md 4 and 16).
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "agent/config/rules.hpp"
#include "agent/config/source_text.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::config {

namespace {

constexpr int lowest_priority = 1;
constexpr int highest_priority = 254;

/// One tracker, whoever tracks it.
struct Tracker {
    std::string what;     ///< `check "haproxy"` or `interface eth1`
    std::string subject;  ///< who tracks it, as messages name it
    std::string path;
    std::optional<int> weight;
    core::OnDown on_down;
    Place place;
};

/// The instances whose priority moves as one: a group, or one instance by itself.
struct Unit {
    std::vector<const InstanceDraft*> members;
    std::vector<Tracker> trackers;
};

void collect(Unit& unit, const std::vector<Placed<core::CheckTracker>>& checks, const std::string& subject,
             const std::string& path) {
    for (const auto& [tracker, place] : checks) {
        unit.trackers.push_back({fmt::format("check {}", in_quotes(tracker.check)), subject, path + ".track",
                                 tracker.weight, tracker.on_down, place});
    }
}

void collect(Unit& unit, const InstanceDraft& instance) {
    unit.members.push_back(&instance);
    const std::string path = fmt::format("instance.{}", path_part(instance.settings.name));
    collect(unit, instance.checks, instance.subject(), path);
    for (const auto& [tracker, place] : instance.interfaces) {
        unit.trackers.push_back({fmt::format("interface {}", tracker.interface), instance.subject(),
                                 path + ".track_interfaces", tracker.weight, core::OnDown::fault, place});
    }
}

std::vector<Unit> units_of(const Draft& draft) {
    std::vector<Unit> units;
    std::map<std::string, const InstanceDraft*> alone;
    for (const InstanceDraft& instance : draft.instances)
        alone.emplace(instance.settings.name, &instance);
    for (const GroupDraft& group : draft.groups) {
        Unit unit;
        for (const auto& member : group.members) {
            const auto found = alone.find(member.value);
            if (found == alone.end()) continue;
            collect(unit, *found->second);
            alone.erase(found);
        }
        collect(unit, group.checks, fmt::format("group {}", in_quotes(group.settings.name)),
                fmt::format("group.{}", path_part(group.settings.name)));
        units.push_back(std::move(unit));
    }
    for (const auto& [name, instance] : alone) {
        Unit unit;
        collect(unit, *instance);
        units.push_back(std::move(unit));
    }
    return units;
}

/// Whether `weight` alone moves the priority of any member.
bool changes_a_priority(const Unit& unit, int weight) {
    return std::any_of(unit.members.begin(), unit.members.end(), [&](const InstanceDraft* member) {
        const int base = member->settings.priority;
        return base != vrrp::owner_priority &&
               std::clamp(base + weight, lowest_priority, highest_priority) != base;
    });
}

const InstanceDraft* without_preemption(const Unit& unit) {
    const auto found = std::find_if(unit.members.begin(), unit.members.end(),
                                    [](const InstanceDraft* member) { return !member->settings.preempt; });
    return found == unit.members.end() ? nullptr : *found;
}

void judge_tracker(const Unit& unit, const Tracker& tracker, Report& report) {
    const int weight = *tracker.weight;
    const std::string start = fmt::format("{}: the weight {} of {}", tracker.subject, weight, tracker.what);
    if (!unit.members.empty() && !changes_a_priority(unit, weight)) {
        report.warning(tracker.place, "no_effect", tracker.path, start + " can never change the priority",
                       "an owner keeps 255, and priorities end at 1 and 254");
    } else if (weight > 0) {
        report.warning(tracker.place, "advice", tracker.path, start + " raises the priority when it is down",
                       "a negative weight lets the other node win");
    } else if (const InstanceDraft* stays = without_preemption(unit)) {
        report.warning(tracker.place, "no_effect", tracker.path,
                       fmt::format("{} moves nothing between nodes with preempt = false (instance {})", start,
                                   in_quotes(stays->settings.name)),
                       "leave the weight out: without one, DOWN makes the node the last resort and the other "
                       "takes over");
    }
}

/// Trackers of any member count for every member, each once: what differs between members would be ambiguous.
void judge_twice_tracked(const Unit& unit, Report& report) {
    std::map<std::string, const Tracker*> seen;
    for (const Tracker& tracker : unit.trackers) {
        const auto [first, is_new] = seen.emplace(tracker.what, &tracker);
        const Tracker& other = *first->second;
        if (is_new || (other.weight == tracker.weight && other.on_down == tracker.on_down)) continue;
        if (other.subject == tracker.subject) continue;  // an error of its own
        report.error(tracker.place, "conflict", tracker.path,
                     fmt::format("{} tracks {} otherwise than {} (line {}) of the same group",
                                 tracker.subject, tracker.what, other.subject, other.place.line),
                     "a tracker counts once for the whole group: give it in one place");
    }
}

void judge_preemption(const Unit& unit, Report& report) {
    const InstanceDraft* stays = without_preemption(unit);
    if (stays == nullptr) return;
    for (const InstanceDraft* member : unit.members) {
        if (!member->settings.preempt) continue;
        report.warning(
            stays->places.of("preempt"), "advice", stays->path("preempt"),
            fmt::format("{}: preempt = false holds the whole group back, but instance {} (line {}) preempts",
                        stays->subject(), in_quotes(member->settings.name), member->places.header.line),
            "give every member of a group the same preempt");
        return;
    }
}

void judge_pair(const Unit& unit, Report& report) {
    const auto has_pair = [](const InstanceDraft* member) { return member->settings.pair; };
    const auto with = std::find_if(unit.members.begin(), unit.members.end(), has_pair);
    const auto without = std::find_if_not(unit.members.begin(), unit.members.end(), has_pair);
    if (with == unit.members.end() || without == unit.members.end()) return;
    const InstanceDraft& pair = **with;
    report.warning(
        pair.places.of(pair.places.has("pair") ? "pair" : "unicast_peers"), "advice", pair.path("pair"),
        fmt::format(
            "{}: pair saves the group nothing: instance {} (line {}) waits for its skew time all the same",
            pair.subject(), in_quotes((*without)->settings.name), (*without)->places.header.line),
        "give every member of a group the same pair");
}

void judge_priorities(const Unit& unit, Report& report) {
    if (unit.members.empty()) return;
    const InstanceDraft& first = *unit.members.front();
    for (const InstanceDraft* member : unit.members) {
        if (member->settings.priority == first.settings.priority) continue;
        report.warning(
            member->places.of("priority"), "advice", member->path("priority"),
            fmt::format("{}: the priority {} is not that of instance {} (line {}), {}: the group preempts "
                        "only where every member wins",
                        member->subject(), member->settings.priority, in_quotes(first.settings.name),
                        first.places.of("priority").line, first.settings.priority),
            "give every member of a group the same priority");
        return;
    }
}

}  // namespace

void judge_weights(const Draft& draft, Report& report) {
    for (const Unit& unit : units_of(draft)) {
        for (const Tracker& tracker : unit.trackers) {
            if (tracker.weight) judge_tracker(unit, tracker, report);
        }
        judge_twice_tracked(unit, report);
        judge_preemption(unit, report);
        judge_pair(unit, report);
        judge_priorities(unit, report);
    }
}

}  // namespace regent::config
