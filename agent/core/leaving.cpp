// SPDX-License-Identifier: Apache-2.0
// SyncGroup, the ways out of MASTER while alive: yields (rules.md 9), last resort (10), refused addresses
// (11).
#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/core/sync_group.hpp"

namespace regent::core {

using vrrp::Event;
using vrrp::State;

namespace {

constexpr Duration lease_margin = std::chrono::milliseconds(10);

/// rules.md 11: 1 s, doubling to 60 s.
Duration refusal_backoff(unsigned refusals) {
    constexpr unsigned doublings = 6;
    return std::min<Duration>(std::chrono::seconds(1) * (1U << std::min(refusals - 1, doublings)),
                              std::chrono::seconds(60));
}

}  // namespace

void SyncGroup::stop(bool at_once, Turn& turn) {
    stopping_ = true;
    if (at_once || !(any_is(State::master) || any_is(State::yielding))) {
        abandon_yield("the agent is stopping", turn);
        apply_to_all(Event::shutdown, "stopped", turn);
        return;
    }
    if (yield_) {
        overtake_yield(Purpose::stop, "the agent is stopping", turn);
    } else {
        begin_yield(Purpose::stop, "the agent is stopping", turn);
    }
}

void SyncGroup::begin_yield(Purpose purpose, const std::string& reason, Turn& turn) {
    Duration interval{};
    for (const auto* member : members_)
        interval = std::max(interval, member->settings().advert_interval);
    yield_ = Yield{purpose, turn.now + 2 * interval, std::nullopt, {}, false};
    // Priority 0 renews no lease: whether anybody answers must be known while the addresses are still here.
    for (const auto* member : members_) {
        if (const auto end = turn.plan.lease_end(member->id()))
            yield_->deadline = std::min(yield_->deadline, std::max(turn.now, *end - lease_margin));
    }
    apply_to_all(Event::yield, reason, turn);
}

void SyncGroup::run_yield(Turn& turn) {
    if (!yield_ && any_is(State::yielding)) end_stray_yield(turn);
    if (!yield_) return;
    // A reload may have put one that serves into the group.
    if (any_is(State::master)) apply_to_all(Event::yield, "its group gives its role away", turn);
    if (!any_is(State::yielding)) return abandon_yield("who was to give it away is gone", turn);
    const auto waiting = [](const auto* member) {
        return member->state() == State::yielding && !member->relieved();
    };
    const bool all_relieved = std::none_of(members_.begin(), members_.end(), waiting);
    if (all_relieved) {
        end_yield(true, turn);
    } else if (turn.now >= yield_->deadline) {
        // One member relieved means that a peer lives: the group follows it as one.
        end_yield(std::any_of(members_.begin(), members_.end(), [](const auto* m) { return m->relieved(); }),
                  turn);
    }
}

/// A reload has moved a member out of a group that was yielding: it goes on if it still can, and may yield
/// anew.
void SyncGroup::end_stray_yield(Turn& turn) {
    if (maintenance_)
        return begin_yield(Purpose::maintenance, with_reason("maintenance", *maintenance_), turn);
    const bool relieved =
        std::any_of(members_.begin(), members_.end(), [](const auto* member) { return member->relieved(); });
    apply_to_all(relieved ? Event::yield_relieved : Event::yield_unanswered, "its group has changed", turn);
}

void SyncGroup::end_yield(bool relieved, Turn& turn) {
    const auto purpose = yield_->purpose;
    const bool released = yield_->released;
    const auto handed_over = with_reason("handed over", yield_->reason);
    answer_yield(*yield_, relieved, turn);
    yield_.reset();
    const bool lost = std::any_of(members_.begin(), members_.end(), [&](const auto* member) {
        return turn.plan.lapsed(member->id(), turn.now);
    });
    // Maintenance may have ended before this has: then nobody wants it any more.
    const bool called_off = purpose == Purpose::maintenance && !maintenance_;
    const bool may_go_on = called_off || purpose == Purpose::handover || purpose == Purpose::last_resort;
    if (!relieved && lost && may_go_on) {
        apply_to_all(Event::yield_relieved, "nobody else serves, but the lease of its addresses ran out",
                     turn);
        return;
    }
    if (called_off) {
        apply_to_all(relieved ? Event::yield_relieved : Event::yield_unanswered,
                     concat(relieved ? "another master" : "nobody else", " serves; maintenance has ended"),
                     turn);
        return;
    }
    if (purpose == Purpose::maintenance) {
        // Forced if nobody takes over: the operator wants to work on this machine.
        apply_to_all(Event::yield_relieved, with_reason("in maintenance", *maintenance_), turn);
        return;
    }
    if (purpose == Purpose::handover) {
        held_ = held_ || (relieved && !released);
        apply_to_all(relieved ? Event::yield_relieved : Event::yield_unanswered,
                     !relieved  ? "nobody else serves"
                     : released ? concat(handed_over, "; released")
                                : concat(handed_over, "; held until it is released"),
                     turn);
        return;
    }
    if (purpose == Purpose::stop) {
        apply_to_all(Event::shutdown, relieved ? "stopped; another master has taken over" : "stopped", turn);
        return;
    }
    const std::string cause = assessment_.last_resort.value_or("it has recovered");
    if (relieved) {
        apply_to_all(Event::yield_relieved, cause, turn);
    } else {
        apply_to_all(Event::yield_unanswered,
                     last_resort_ ? concat("nobody else serves; last resort: ", cause) : cause, turn);
    }
}

/// The run ends in the middle of a yield. What may go on unanswered goes on in the next run.
void SyncGroup::suspend_yield(Turn& turn) {
    if (!yield_) return;
    const bool may_go_on = yield_->purpose == Purpose::handover || yield_->purpose == Purpose::last_resort;
    const bool over = std::any_of(members_.begin(), members_.end(), [&](const auto* member) {
        return member->relieved() || turn.plan.lapsed(member->id(), turn.now);
    });
    abandon_yield("the agent leaves, to be resumed", turn);
    if (!may_go_on || over) return;
    last_resort_settled_ = false;
    apply_to_all(Event::yield_unanswered, "the agent leaves, to be resumed", turn);
}

void SyncGroup::run_last_resort(Turn& turn) {
    if (!last_resort_) last_resort_settled_ = false;
    if (!last_resort_ || last_resort_settled_ || !any_is(State::master) || yield_ || stopping_) return;
    last_resort_settled_ = true;
    begin_yield(Purpose::last_resort, *assessment_.last_resort, turn);
}

Instant SyncGroup::degrade_at() const {
    Instant dead_at = refusal_->since + peer_down();
    for (const auto* member : members_) {
        // While it was MASTER itself it could hear nobody: what counts is the last advert of another master.
        if (member->last_heard())
            dead_at =
                std::max(dead_at, *member->last_heard() + std::max(peer_down(), member->silence_limit()));
    }
    return dead_at + std::chrono::seconds(1);
}

void SyncGroup::address_event(VirtualRouter& member, const AddressPlan::Event& event, Turn& turn) {
    using Kind = AddressPlan::Event::Kind;
    const auto what = event.key.to_string();
    switch (event.kind) {
        case Kind::held: member.address_held(event.key, turn); break;
        case Kind::gone: turn.to_publish.insert(member.id()); break;
        case Kind::deleted_by_other:
            member.count_repair();
            turn.log(LogLevel::warning, member.name(),
                     concat(what, " was deleted by another program; ", event.text));
            break;
        case Kind::lease_expired: lease_lost_ = true; break;
        case Kind::renewal_refused:
            turn.log(LogLevel::error, member.name(),
                     concat("the kernel refused to renew the lease of ", what, ": ", event.text));
            break;
        case Kind::removal_refused:
            turn.log(LogLevel::error, member.name(),
                     concat("the kernel refused to remove ", what, ": ", event.text, "; it is still here"));
            break;
        case Kind::foreign:
            turn.log(LogLevel::warning, member.name(),
                     concat(what, " was there before us: it is not ours, so it is never removed"));
            break;
        case Kind::refused: {
            const auto reason = concat("the kernel refused ", what, ": ", event.text);
            const bool news = !refusal_ || refusal_->reason != reason;
            if (news) turn.log(LogLevel::error, member.name(), reason);
            if (refusal_ || !member.is_master()) break;
            ++refusals_;
            refusal_ = Refusal{event.key, reason, turn.now, turn.now + refusal_backoff(refusals_)};
            break;
        }
    }
}

void SyncGroup::run_refusal(Turn& turn) {
    const bool complete = std::all_of(members_.begin(), members_.end(),
                                      [&](const auto* member) { return turn.plan.complete(member->id()); });
    if (complete && all_are(State::master) && (refusal_ || suspect_ || refusals_ > 0)) {
        refusal_.reset();
        refusals_ = 0;
        suspect_ = false;
        if (degraded_) {
            degraded_ = false;
            for (auto* member : members_)
                member->set_reason("the kernel accepts all addresses again", turn);
        }
        assess_health(turn);
        return;
    }
    if (degraded_ && !any_is(State::master) && !any_is(State::yielding) && hears_master(turn.now)) {
        degraded_ = false;
        suspect_ = true;
        refusal_.reset();
        assess_health(turn);
        return;
    }
    if (!refusal_ || degraded_) return;
    if (turn.now >= degrade_at()) {
        degraded_ = true;
        apply_priorities(turn);
        const auto reason = concat("nobody else serves; degraded: ", refusal_->reason);
        run_faults(turn);
        expire_all(reason, turn);
        for (auto* member : members_)
            member->set_reason(reason, turn);
    } else if (turn.now >= refusal_->retry_at && hears_master(turn.now)) {
        suspect_ = true;
        refusal_.reset();
        assess_health(turn);
    }
}

}  // namespace regent::core
