// SPDX-License-Identifier: Apache-2.0
// Engine and SyncGroup, what an operator asks for (rules.md 19): handover, release, maintenance.
#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/core/engine_state.hpp"

namespace regent::core {

using vrrp::State;
using Outcome = OperatorAnswer::Outcome;

void Engine::State::on(const OperatorCommand& command, Turn& turn) {
    using Kind = OperatorCommand::Kind;
    const auto answer = [&](Outcome outcome, std::string text) {
        turn.actions.push_back(OperatorAnswer{command.id, outcome, std::move(text)});
    };
    // What the run before has left comes first: a release must not be undone by it.
    if (may_resume && ready()) resume(turn);
    all_due = true;
    if (command.kind == Kind::maintenance_on || command.kind == Kind::maintenance_off) {
        const bool on = command.kind == Kind::maintenance_on;
        maintenance = on ? std::optional(command.reason) : std::nullopt;
        turn.log(LogLevel::notice, {},
                 on ? concat("Maintenance: ", command.reason) : "Maintenance has ended");
        for (auto& [id, group] : groups)
            group->set_maintenance(maintenance, turn);
        return answer(Outcome::done, on ? "in maintenance" : "maintenance has ended");
    }
    const auto named = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& g) { return g.second->name() == command.target; });
    auto* group = command.target.empty() || named == groups.end() ? nullptr : named->second.get();
    if (!group) {
        const auto* router = router_named(command.target);
        if (!router)
            return answer(Outcome::unknown_target, concat("there is no group or instance ", command.target));
        group = groups.at(group_of.at(router->id())).get();
        if (!group->name().empty())
            return answer(Outcome::in_group,
                          concat(command.target, " is in group ", group->name(), ": act on the group"));
    }
    if (command.kind == Kind::handover) return group->handover(command.id, command.reason, turn);
    group->release(turn);
    answer(Outcome::done, "it may preempt again");
}

void SyncGroup::handover(std::uint64_t id, const std::string& reason, Turn& turn) {
    const auto answer = [&](Outcome outcome, std::string text) {
        turn.actions.push_back(OperatorAnswer{id, outcome, std::move(text)});
    };
    if (stopping_) return answer(Outcome::busy, "the agent is stopping");
    if (yield_) return answer(Outcome::busy, "it is already giving its role away");
    if (!any_is(State::master)) return answer(Outcome::not_master, "it is not MASTER: nothing to hand over");
    begin_yield(Purpose::handover, concat("handover: ", reason), turn);
    yield_->answer_to = id;
}

void SyncGroup::release(Turn& turn) {
    held_ = false;
    for (auto* member : members_)
        turn.to_publish.insert(member->id());
}

void SyncGroup::set_maintenance(const std::optional<std::string>& reason, Turn& turn) {
    if (maintenance_ == reason) return;
    maintenance_ = reason;
    for (auto* member : members_)
        turn.to_publish.insert(member->id());
    if (!maintenance_ || stopping_ || !(any_is(State::master) || yield_)) return;
    if (yield_) {
        yield_->purpose = Purpose::maintenance;
    } else {
        begin_yield(Purpose::maintenance, concat("maintenance: ", *maintenance_), turn);
    }
}

void SyncGroup::abandon_yield(const std::string& why, Turn& turn) {
    if (yield_ && yield_->answer_to)
        turn.actions.push_back(OperatorAnswer{*yield_->answer_to, Outcome::busy, concat("overtaken: ", why)});
    yield_.reset();
}

void SyncGroup::answer_yield(const Yield& yield, bool relieved, Turn& turn) {
    if (!yield.answer_to) return;
    turn.actions.push_back(
        relieved ? OperatorAnswer{*yield.answer_to, Outcome::done, "another master has taken over"}
                 : OperatorAnswer{*yield.answer_to, Outcome::no_peer,
                                  "no other master was heard: it goes on as before"});
}

}  // namespace regent::core
