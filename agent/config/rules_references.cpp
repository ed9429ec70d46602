// SPDX-License-Identifier: Apache-2.0
// What one table says about another: identities that must differ, names that must exist.
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>

#include "agent/config/instance_voice.hpp"
#include "agent/config/rules.hpp"
#include "agent/config/source_text.hpp"
#include "agent/config/suggest.hpp"
#include "agent/core/route_key.hpp"

namespace regent::config {

namespace {

using Trackers = std::vector<Placed<core::CheckTracker>>;

template <class D>
std::vector<std::string> names_of(const std::vector<D>& drafts) {
    std::vector<std::string> names;
    names.reserve(drafts.size());
    for (const D& draft : drafts)
        names.push_back(draft.settings.name);
    return names;
}

void judge_router_ids(const Draft& draft, Report& report) {
    std::map<std::tuple<std::string, Family, std::uint8_t>, const InstanceDraft*> seen;
    for (const InstanceDraft& instance : draft.instances) {
        const core::Instance& settings = instance.settings;
        if (settings.interface.empty() || settings.virtual_router_id == 0 || !instance.family()) continue;
        const auto [first, is_new] = seen.emplace(
            std::tuple(settings.interface, settings.family, settings.virtual_router_id), &instance);
        if (is_new) continue;
        const InstanceDraft& other = *first->second;
        InstanceVoice(instance, report)
            .error(instance.places.of("virtual_router_id"), "duplicate", "virtual_router_id",
                   fmt::format("virtual router id {} is taken on {} for {} by instance {} (line {})",
                               settings.virtual_router_id, settings.interface, to_string(settings.family),
                               in_quotes(other.settings.name), other.places.of("virtual_router_id").line),
                   "every virtual router of an interface needs an id of its own, the same on every node");
    }
}

/// Who has something that can be had once.
struct Holder {
    const InstanceDraft* instance;
    Place place;

    std::string text() const {
        return fmt::format("instance {} already (line {}, column {})", in_quotes(instance->settings.name),
                           place.line, place.column);
    }
};

void judge_shared_addresses(const Draft& draft, Report& report) {
    std::map<std::pair<std::string, IpAddress>, Holder> on_device;
    std::map<IpAddress, Holder> anywhere;
    for (const InstanceDraft& instance : draft.instances) {
        const InstanceVoice voice(instance, report);
        for (const auto* list : {&instance.addresses, &instance.excluded}) {
            const auto* key = list == &instance.addresses ? "addresses" : "addresses_excluded";
            for (const auto& [address, place] : *list) {
                if (address.device.empty()) continue;
                const Holder here{&instance, place};
                const auto same =
                    on_device.emplace(std::pair(address.device, address.address), here).first->second;
                const auto elsewhere = anywhere.emplace(address.address, here).first->second;
                if (same.instance != &instance) {
                    voice.error(place, "duplicate", key,
                                fmt::format("{} on {} belongs to {}", address.address.to_string(),
                                            address.device, same.text()));
                } else if (elsewhere.instance != &instance && !address.address.is_link_local()) {
                    voice.warning(place, "advice", key,
                                  fmt::format("{} belongs to {}, on another device",
                                              address.address.to_string(), elsewhere.text()),
                                  "an address stands on one device of a machine, as a rule");
                }
            }
        }
    }
}

void judge_routes(const Draft& draft, Report& report) {
    std::map<core::RouteKey, Holder> seen;
    for (const InstanceDraft& instance : draft.instances) {
        for (const auto& [route, place] : instance.routes) {
            const auto [first, is_new] = seen.emplace(core::RouteKey(route), Holder{&instance, place});
            if (is_new) continue;
            const Holder& other = first->second;
            const std::string where = other.instance == &instance
                                          ? fmt::format("is listed already at line {}, column {}",
                                                        other.place.line, other.place.column)
                                          : "belongs to " + other.text();
            InstanceVoice(instance, report)
                .error(place, "duplicate", "routes",
                       fmt::format("a route to {}/{} {}", route.destination.to_string(), route.prefix, where),
                       "give it another metric or table");
        }
    }
}

/// `owner` is as in `instance "VI_1"`, `path` that of its `track`.
void judge_trackers(const Trackers& trackers, const std::string& owner, const std::string& path,
                    const std::vector<std::string>& checks, std::set<std::string>& tracked, Report& report) {
    const std::set<std::string> known(checks.begin(), checks.end());
    std::map<std::string, Place> seen;
    for (const auto& [tracker, place] : trackers) {
        tracked.insert(tracker.check);
        const auto [first, is_new] = seen.emplace(tracker.check, place);
        if (!is_new) {
            report.error(place, "duplicate", path,
                         fmt::format("{}: check {} is tracked already at line {}, column {}", owner,
                                     in_quotes(tracker.check), first->second.line, first->second.column));
        } else if (!known.contains(tracker.check)) {
            const std::string hint = checks.empty()
                                         ? fmt::format("write a [check.{}]", path_part(tracker.check))
                                         : suggestion(tracker.check, checks, "the checks are");
            report.error(place, "dangling", path,
                         fmt::format("{}: there is no check {}", owner, in_quotes(tracker.check)), hint);
        }
    }
}

void judge_tracking(const Draft& draft, Report& report) {
    const std::vector<std::string> checks = names_of(draft.checks);
    std::set<std::string> tracked;
    for (const InstanceDraft& instance : draft.instances) {
        judge_trackers(instance.checks, instance.subject(), instance.path("track"), checks, tracked, report);
    }
    for (const GroupDraft& group : draft.groups) {
        judge_trackers(group.checks, fmt::format("group {}", in_quotes(group.settings.name)),
                       fmt::format("group.{}.track", path_part(group.settings.name)), checks, tracked,
                       report);
    }
    for (const CheckDraft& check : draft.checks) {
        if (tracked.contains(check.settings.name)) continue;
        report.warning(
            check.places.header, "unused", fmt::format("check.{}", path_part(check.settings.name)),
            fmt::format("check {} is tracked by no instance and no group", in_quotes(check.settings.name)));
    }
}

void judge_members(const Draft& draft, Report& report) {
    const std::vector<std::string> instances = names_of(draft.instances);
    const std::set<std::string> known(instances.begin(), instances.end());
    std::map<std::string, std::pair<const GroupDraft*, Place>> seen;
    for (const GroupDraft& group : draft.groups) {
        const std::string subject = fmt::format("group {}", in_quotes(group.settings.name));
        const std::string path = fmt::format("group.{}.members", path_part(group.settings.name));
        for (const auto& [member, place] : group.members) {
            if (!known.contains(member)) {
                report.error(place, "dangling", path,
                             fmt::format("{}: there is no instance {}", subject, in_quotes(member)),
                             suggestion(member, instances, "the instances are"));
                continue;
            }
            const auto [first, is_new] = seen.emplace(member, std::pair(&group, place));
            if (is_new) continue;
            const auto& [other, at] = first->second;
            report.error(place, "duplicate", path,
                         fmt::format("{}: instance {} is a member {} already (line {}, column {})", subject,
                                     in_quotes(member),
                                     other == &group ? "here" : "of group " + in_quotes(other->settings.name),
                                     at.line, at.column),
                         other == &group ? "" : "an instance can be in one group only");
        }
        if (group.members.size() == 1 && known.contains(group.members.front().value)) {
            report.warning(group.places.of("members"), "advice", path,
                           fmt::format("{} has one member: it changes nothing", subject));
        }
    }
}

}  // namespace

void judge_identities(const Draft& draft, Report& report) {
    judge_router_ids(draft, report);
    judge_shared_addresses(draft, report);
    judge_routes(draft, report);
}

void judge_references(const Draft& draft, Report& report) {
    judge_tracking(draft, report);
    judge_members(draft, report);
}

void judge(Draft& draft, Report& report) {
    for (InstanceDraft& instance : draft.instances) {
        judge_instance(instance, report);
        judge_transport(instance, report);
    }
    judge_identities(draft, report);
    judge_references(draft, report);
    judge_weights(draft, report);
    if (draft.instances.empty() && !report.has_errors()) {
        report.warning({}, "no_instance", "instance",
                       "no instance is configured: the agent has nothing to do", "write an [instance.NAME]");
    }
}

}  // namespace regent::config
