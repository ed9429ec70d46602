// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/core/invariants.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace regent::core::test {
namespace {

[[noreturn]] void broken(const std::string& what) {
    throw std::runtime_error("invariant broken: " + what);
}

}  // namespace

void Invariants::check_order(const Actions& actions) {
    std::set<std::string> published;
    for (const auto& action : actions) {
        if (const auto* publish = std::get_if<PublishState>(&action)) {
            if (!published.insert(publish->status.name).second)
                broken(publish->status.name + " published twice");
        }
        if (const auto* transition = std::get_if<Transition>(&action)) {
            if (transition->sequence != ++sequence_) broken("a gap in the sequence of transitions");
            if (transition->from == transition->to) broken("a transition to the same state");
            if (transition->reason.empty()) broken("a transition without a reason");
        }
    }
}

/// Adverts leave only from a router that is MASTER before or after the step; a priority 0 only from one that
/// was MASTER before.
void Invariants::check_adverts(const Engine& engine, const Actions& actions) const {
    std::set<std::string> masters;
    for (const auto& status : engine.status()) {
        if (status.state == vrrp::State::master) masters.insert(status.name);
    }
    for (const auto& action : actions) {
        const auto* sent = std::get_if<SendAdvert>(&action);
        if (!sent) continue;
        const auto known = before_.find(sent->instance);
        const bool was = known != before_.end() && known->second == vrrp::State::master;
        const bool leaving = sent->message.at(2) == vrrp::leaving_priority;
        if (!was && (leaving || !masters.contains(sent->instance)))
            broken(sent->instance + " advertises without being MASTER");
    }
}

/// Addresses are asked for only by somebody who is MASTER.
void Invariants::check_addresses(const Engine& engine, const Actions& actions) {
    const auto all = engine.status();
    const bool any_master =
        std::any_of(all.begin(), all.end(), [](const auto& s) { return s.state == vrrp::State::master; });
    for (const auto& action : actions) {
        if (std::holds_alternative<AddAddress>(action) && !any_master) broken("an address without a MASTER");
    }
}

/// rules.md, sync groups: nobody of a group is FAULT or has left while another serves. BACKUP beside MASTER
/// is a member that has joined by a reload.
void Invariants::check_groups(const Engine& engine) {
    std::set<std::string> masters;
    std::set<std::string> faulty;
    for (const auto& status : engine.status()) {
        if (status.group.empty()) continue;
        if (status.state == vrrp::State::master) masters.insert(status.group);
        if (status.state == vrrp::State::fault) faulty.insert(status.group);
    }
    for (const auto& group : masters) {
        if (faulty.contains(group)) broken("group " + group + " is MASTER and FAULT at once");
    }
}

void Invariants::check(const Engine& engine, const Input& input, const Actions& actions) {
    if (!enabled) return;
    check_order(actions);
    check_adverts(engine, actions);
    check_addresses(engine, actions);
    if (std::holds_alternative<TimerFired>(input)) check_groups(engine);
    before_.clear();
    for (const auto& status : engine.status())
        before_[status.name] = status.state;
}

}  // namespace regent::core::test
