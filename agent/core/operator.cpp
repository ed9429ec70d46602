// SPDX-License-Identifier: Apache-2.0
// SyncGroup, what an operator asks for (rules.md 19): handover, release, maintenance.
#include "agent/base/text.hpp"
#include "agent/core/sync_group.hpp"

namespace regent::core {

using vrrp::State;
using Outcome = OperatorAnswer::Outcome;

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

void SyncGroup::answer_yield(const Yield& yield, bool relieved, Turn& turn) {
    if (!yield.answer_to) return;
    turn.actions.push_back(
        relieved ? OperatorAnswer{*yield.answer_to, Outcome::done, "another master has taken over"}
                 : OperatorAnswer{*yield.answer_to, Outcome::no_peer,
                                  "no other master was heard: it goes on as before"});
}

}  // namespace regent::core
