// SPDX-License-Identifier: Apache-2.0
#include "agent/notify/events.hpp"

#include <algorithm>
#include <cctype>

namespace regent::notify {
namespace {

std::string word(vrrp::State state) {
    std::string text(vrrp::to_string(state));
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

/// Leaving for INIT is the end of it: a stop.
std::string new_word(vrrp::State state) {
    return state == vrrp::State::init ? "stop" : word(state);
}

}  // namespace

void EventSource::configure(const core::Settings& settings) {
    std::map<std::string, Group> groups;
    for (const auto& group : settings.groups) {
        const auto before = groups_.find(group.name);
        groups[group.name] = {group.members, before == groups_.end() ? "init" : before->second.told};
    }
    groups_ = std::move(groups);
}

std::vector<Event> EventSource::transition(const core::Transition& change) {
    const auto state = new_word(change.to);
    std::vector<Event> events{{EventKind::instance, ++sequence_, 0, change.priority, change.instance,
                               change.group, word(change.from), state, change.reason}};
    states_[change.instance] = change.to;
    follow_groups(change.instance, change.reason, events);
    return events;
}

std::vector<Event> EventSource::catch_up(const core::InstanceStatus& status) {
    const auto known = states_.find(status.name);
    const auto before = known == states_.end() ? vrrp::State::init : known->second;
    if (before == status.state) return {};
    return transition(
        {0, status.name, status.group, before, status.state, status.effective_priority, status.reason});
}

std::vector<Event> EventSource::forget(const core::Forget& gone) {
    const auto before = states_.find(gone.instance);
    const auto old_state = before == states_.end() ? "init" : new_word(before->second);
    states_.erase(gone.instance);
    return {{EventKind::instance,
             ++sequence_,
             0,
             0,
             gone.instance,
             {},
             old_state,
             "deleted",
             "removed from the configuration"}};
}

void EventSource::follow_groups(const std::string& member, const std::string& reason,
                                std::vector<Event>& events) {
    for (auto& [name, group] : groups_) {
        if (std::find(group.members.begin(), group.members.end(), member) == group.members.end()) continue;
        const auto common = states_.at(member);
        const bool all = std::all_of(group.members.begin(), group.members.end(), [&](const auto& other) {
            const auto found = states_.find(other);
            return found != states_.end() && found->second == common;
        });
        const auto state = new_word(common);
        if (!all || state == group.told) continue;
        events.push_back({EventKind::group, ++sequence_, 0, 0, name, {}, group.told, state, reason});
        group.told = state;
    }
}

}  // namespace regent::notify
