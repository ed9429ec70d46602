// SPDX-License-Identifier: Apache-2.0
// Engine and SyncGroup, what an operator asks for (rules.md 19).
#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/core/engine_state.hpp"

namespace regent::core {

using vrrp::State;
using Outcome = OperatorAnswer::Outcome;

namespace {

/// "Handover of SG1 (kernel update), asked for by uid 0, regentctl, pid 812".
std::string describe(const OperatorCommand& command) {
    using Kind = OperatorCommand::Kind;
    std::string text;
    switch (command.kind) {
        case Kind::handover: text = concat("Handover of ", command.target); break;
        case Kind::release: text = concat("Release of ", command.target); break;
        case Kind::maintenance_on: text = "Maintenance"; break;
        case Kind::maintenance_off: text = "End of maintenance"; break;
        case Kind::announce: text = concat("Announcement of the addresses of ", command.target); break;
        case Kind::override_check:
            text = concat("Override of check ", command.target, " as ", command.up ? "UP" : "DOWN", " for ",
                          to_text(command.lasts));
            break;
        case Kind::clear_override: text = concat("End of the override of check ", command.target); break;
        case Kind::run_check: text = concat("Run of check ", command.target); break;
        case Kind::test_notifier: text = concat("Test of notifier ", command.target); break;
        case Kind::restart_plugin: text = concat("Restart of plugin ", command.target); break;
        case Kind::reload: text = "Reload"; break;
    }
    if (!command.reason.empty()) text += concat(" (", command.reason, ")");
    if (!command.who.empty()) text += concat(", asked for by ", command.who);
    return text;
}

}  // namespace

void Engine::State::on(const OperatorCommand& command, Turn& turn) {
    using Kind = OperatorCommand::Kind;
    turn.log(LogLevel::notice, {}, describe(command));
    // What the run before has left comes first: a release must not be undone by it.
    if (may_resume && ready()) resume(turn);
    all_due = true;
    switch (command.kind) {
        case Kind::handover:
        case Kind::release: return change_role(command, turn);
        case Kind::maintenance_on:
        case Kind::maintenance_off: return change_maintenance(command, turn);
        case Kind::announce: return announce(command, turn);
        case Kind::override_check:
        case Kind::clear_override: return change_override(command, turn);
        case Kind::run_check:
        case Kind::test_notifier:
        case Kind::restart_plugin:
        case Kind::reload: turn.actions.emplace_back(PassOn{command});
    }
}

void Engine::State::change_role(const OperatorCommand& command, Turn& turn) {
    const auto named = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& g) { return g.second->name() == command.target; });
    auto* group = command.target.empty() || named == groups.end() ? nullptr : named->second.get();
    if (!group) {
        const auto* router = router_named(command.target);
        if (!router)
            return turn.answer(command.id, Outcome::unknown_target,
                               concat("there is no group or instance ", command.target));
        group = groups.at(group_of.at(router->id())).get();
        if (!group->name().empty())
            return turn.answer(command.id, Outcome::in_group,
                               concat(command.target, " is in group ", group->name(), ": act on the group"));
    }
    if (command.kind == OperatorCommand::Kind::handover)
        return group->handover(command.id, command.reason, turn);
    group->release(turn);
    turn.answer(command.id, Outcome::done, "it may preempt again");
}

void Engine::State::change_maintenance(const OperatorCommand& command, Turn& turn) {
    const bool on = command.kind == OperatorCommand::Kind::maintenance_on;
    maintenance = on ? std::optional(command.reason) : std::nullopt;
    for (auto& [id, group] : groups)
        group->set_maintenance(maintenance, turn);
    turn.answer(command.id, Outcome::done, on ? "in maintenance" : "maintenance has ended");
}

void Engine::State::announce(const OperatorCommand& command, Turn& turn) {
    auto* router = router_named(command.target);
    if (!router)
        return turn.answer(command.id, Outcome::unknown_target,
                           concat("there is no instance ", command.target));
    if (!router->is_master())
        return turn.answer(command.id, Outcome::not_master, "it is not MASTER: nothing to announce");
    router->announce_again(turn);
    turn.answer(command.id, Outcome::done, "its addresses are announced again");
}

void Engine::State::change_override(const OperatorCommand& command, Turn& turn) {
    const bool on = command.kind == OperatorCommand::Kind::override_check;
    if (!health.knows(command.target))
        return turn.answer(command.id, Outcome::unknown_target, concat("there is no check ", command.target));
    memory_stale = true;
    if (!on) {
        health.clear_override(command.target);
        return turn.answer(command.id, Outcome::done, "what it says counts again");
    }
    health.set_override({command.target, command.up, turn.now + command.lasts,
                         concat("overridden", command.who.empty() ? "" : " by ", command.who)});
    turn.answer(command.id, Outcome::done, concat("it counts as ", command.up ? "UP" : "DOWN"));
}

void SyncGroup::handover(std::uint64_t id, const std::string& reason, Turn& turn) {
    const auto answer = [&](Outcome outcome, std::string text) { turn.answer(id, outcome, std::move(text)); };
    if (stopping_) return answer(Outcome::busy, "the agent is stopping");
    if (yield_) return answer(Outcome::busy, "it is already giving its role away");
    if (!any_is(State::master)) return answer(Outcome::not_master, "it is not MASTER: nothing to hand over");
    begin_yield(Purpose::handover, with_reason("handover", reason), turn);
    yield_->answer_to = id;
    yield_->reason = reason;
}

void SyncGroup::release(Turn& turn) {
    if (held_ && !maintenance_) explain_backup("handed over, and released since", turn);
    held_ = false;
    if (yield_) yield_->released = true;
    for (auto* member : members_)
        turn.to_publish.insert(member->id());
}

/// What has made it a backup is over: what it says of itself must not outlive it.
void SyncGroup::explain_backup(const std::string& reason, Turn& turn) {
    for (auto* member : members_) {
        if (member->state() == State::backup) member->set_reason(reason, turn);
    }
}

void SyncGroup::set_maintenance(const std::optional<std::string>& reason, Turn& turn) {
    if (maintenance_ == reason) return;
    maintenance_ = reason;
    for (auto* member : members_)
        turn.to_publish.insert(member->id());
    if (!maintenance_) {
        explain_backup(held_ ? "maintenance has ended; held until it is released" : "maintenance has ended",
                       turn);
    }
    if (!maintenance_ || stopping_ || !(any_is(State::master) || yield_)) return;
    if (yield_) {
        overtake_yield(Purpose::maintenance, "maintenance begins", turn);
    } else {
        begin_yield(Purpose::maintenance, with_reason("maintenance", *maintenance_), turn);
    }
}

void SyncGroup::overtake_yield(Purpose purpose, const std::string& why, Turn& turn) {
    if (yield_->answer_to) turn.answer(*yield_->answer_to, Outcome::busy, concat("overtaken: ", why));
    yield_->answer_to.reset();
    yield_->purpose = purpose;
}

void SyncGroup::abandon_yield(const std::string& why, Turn& turn) {
    if (yield_) overtake_yield(yield_->purpose, why, turn);
    yield_.reset();
}

void SyncGroup::answer_yield(const Yield& yield, bool relieved, Turn& turn) {
    if (!yield.answer_to) return;
    if (relieved) return turn.answer(*yield.answer_to, Outcome::done, "another master has taken over");
    turn.answer(*yield.answer_to, Outcome::no_peer, "no other master was heard: it goes on as before");
}

}  // namespace regent::core
