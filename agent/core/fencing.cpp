// SPDX-License-Identifier: Apache-2.0
// SyncGroup, when it cannot be sure to be alone: after a stall it looks before it speaks (rules.md 6), and a
// new run of the agent goes on as MASTER only where nobody can have noticed (rules.md 17).
#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/core/sync_group.hpp"

namespace regent::core {

using vrrp::Event;
using vrrp::State;

namespace {

// rules.md 17: `peer_down` minus the time to send one advertisement.
constexpr Duration time_to_send = std::chrono::milliseconds(10);
// Where nothing but `down_adverts` = 1 makes each advertisement a stall, the log must not fill.
constexpr Duration stall_report_spacing = std::chrono::minutes(1);

}  // namespace

bool SyncGroup::lapsed(const Turn& turn) const {
    return lease_lost_ || std::any_of(members_.begin(), members_.end(), [&](const auto* member) {
               return member->is_master() && turn.plan.lapsed(member->id(), turn.now);
           });
}

const VirtualRouter* SyncGroup::stalled_member(Instant now) const {
    const auto found = std::find_if(members_.begin(), members_.end(),
                                    [now](const auto* member) { return member->stalled(now); });
    return found == members_.end() ? nullptr : *found;
}

bool SyncGroup::must_look_first(const Turn& turn) const {
    return stalled_member(turn.now) != nullptr || (any_is(State::master) && lapsed(turn));
}

void SyncGroup::step_aside(const IpAddress& master, Turn& turn) {
    apply_to_all(Event::overtaken,
                 concat("nothing was sent for a while, and ", master, " has become master meanwhile"), turn);
    lease_lost_ = false;
}

void SyncGroup::run_fence(Turn& turn) {
    const auto* stalled = stalled_member(turn.now);
    if (!any_is(State::master)) {
        lease_lost_ = false;
        return;
    }
    const bool incomplete = !degraded_ && std::any_of(members_.begin(), members_.end(), [&](const auto* m) {
        return !turn.plan.complete(m->id());
    });
    if (lapsed(turn) || (stalled && incomplete)) {
        apply_to_all(Event::lease_lost,
                     "nothing was sent for a while, and the lease of its addresses ran out", turn);
        lease_lost_ = false;
    } else if (stalled && (!stall_told_at_ || turn.now - *stall_told_at_ >= stall_report_spacing)) {
        stall_told_at_ = turn.now;
        turn.log(LogLevel::warning, stalled->name(),
                 concat("no advertisement has left for ", to_text(stalled->silent_for(turn.now)),
                        ", no other master was heard, and the addresses are still here: going on as MASTER"));
    }
}

std::optional<std::string> SyncGroup::unfit_to_resume(const Memory& memory, const Turn& turn) const {
    for (const auto* member : members_) {
        const auto* record = memory.find(key_of(member->settings()));
        if (!record || !record->master) return concat(member->name(), " was not MASTER");
        if (record->addresses != member->address_keys()) return "its addresses have changed";
        if (!record->last_advert) return "it had not advertised";
        const auto silence = turn.now - *record->last_advert;
        if (silence < Duration::zero() || silence > record->peer_down - time_to_send)
            return concat("its last advertisement left ", to_text(silence),
                          " ago: another master may have taken over");
        // In whole seconds it may end before the peers miss us.
        if (member->lease() > Duration::zero() && silence > member->lease() - time_to_send)
            return concat("its last advertisement left ", to_text(silence), " ago: its lease has run out");
        // The lease of what is missing has run out, and is not repaired.
        if (!turn.plan.complete(member->id())) return "some of its addresses are gone";
    }
    return std::nullopt;
}

void SyncGroup::suspend(Turn& turn) {
    suspend_yield(turn);
    if (must_look_first(turn)) return;
    for (auto* member : members_) {
        if (member->is_master()) member->apply(Event::advert_due, {}, {}, turn);
    }
}

bool SyncGroup::resume(const Memory& memory, Turn& turn) {
    const auto was_master = [&](const auto* member) {
        const auto* record = memory.find(key_of(member->settings()));
        return record && record->master;
    };
    if (!all_are(State::init) || stopping_ || maintenance_) return false;
    if (std::none_of(members_.begin(), members_.end(), was_master)) return false;
    assess_health(turn);
    auto why_not = fault();
    if (!why_not) why_not = unfit_to_resume(memory, turn);
    if (why_not) {
        turn.log(LogLevel::notice, members_.front()->name(), concat("Not resuming as MASTER: ", *why_not));
        return false;
    }
    cold_ = false;
    last_resort_settled_ = last_resort_;
    apply_to_all(Event::resume, "resumed: the agent was MASTER a moment ago", turn);
    for (const auto* member : members_) {
        const auto* record = memory.find(key_of(member->settings()));
        turn.plan.resume_leases(member->id(), *record->last_advert);
    }
    return true;
}

}  // namespace regent::core
