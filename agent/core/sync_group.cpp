// SPDX-License-Identifier: Apache-2.0
#include "agent/core/sync_group.hpp"

#include <algorithm>
#include <utility>

#include "agent/base/text.hpp"

namespace regent::core {

using vrrp::Event;
using vrrp::State;

namespace {

// rules.md 4: how long the shared priority 0 is not believed after it was wrong.
constexpr Duration pair_rule_block = std::chrono::seconds(60);
constexpr Duration longest_recover_delay = std::chrono::seconds(300);  // rules.md 15
constexpr const char* listening = "listening for a master";

}  // namespace

SyncGroup::SyncGroup(std::string name, std::vector<VirtualRouter*> members, std::vector<CheckTracker> checks,
                     Instant now)
    : start_at_(now), cold_(std::all_of(members.begin(), members.end(), [](const auto* member) {
          return member->state() == State::init;
      })) {
    reform(std::move(name), std::move(members), std::move(checks));
}

void SyncGroup::reform(std::string name, std::vector<VirtualRouter*> members,
                       std::vector<CheckTracker> checks) {
    name_ = std::move(name);
    checks_ = std::move(checks);
    members_ = std::move(members);
    for (auto* member : members_)
        member->set_group(name_);
    const auto wants_refused = [this](const auto* member) {
        const auto keys = member->address_keys();
        return std::find(keys.begin(), keys.end(), refusal_->key) != keys.end();
    };
    if (refusal_ && !degraded_ && std::none_of(members_.begin(), members_.end(), wants_refused))
        refusal_.reset();
}

std::unique_ptr<SyncGroup> SyncGroup::split() const {
    auto other = std::make_unique<SyncGroup>(*this);
    // Whoever asked is answered once.
    if (other->yield_) other->yield_->answer_to.reset();
    return other;
}

void SyncGroup::adopt(const SyncGroup& other) {
    held_ = held_ || other.held_;
    cold_ = cold_ || other.cold_;
    delay_start(other.start_at_);
    recover_delay_ = std::max(recover_delay_, other.recover_delay_);
    recover_until_ = std::max(recover_until_, other.recover_until_);
    if (!other.degraded_ || degraded_) return;
    degraded_ = true;
    refusal_ = other.refusal_;
    refusals_ = other.refusals_;
}

bool SyncGroup::all_are(State state) const {
    return std::all_of(members_.begin(), members_.end(), [=](const auto* m) { return m->state() == state; });
}

bool SyncGroup::any_is(State state) const {
    return std::any_of(members_.begin(), members_.end(), [=](const auto* m) { return m->state() == state; });
}

Duration SyncGroup::peer_down() const {
    Duration longest{};
    for (const auto* member : members_)
        longest = std::max(longest, member->peer_down());
    return longest;
}

bool SyncGroup::hears_master(Instant now) const {
    return std::any_of(members_.begin(), members_.end(), [&](const auto* member) {
        return member->last_heard() && now < *member->last_heard() + member->silence_limit();
    });
}

bool SyncGroup::hears_only_last_resort(Instant now) const {
    return hears_master(now) && std::all_of(members_.begin(), members_.end(), [](const auto* member) {
               return !member->last_heard() || member->heard_priority() <= 1;
           });
}

bool SyncGroup::pair_group(Instant now) const {
    const bool blocked = pair_rule_blocked_until_ && now < *pair_rule_blocked_until_;
    return !blocked && members_.size() > 1 &&
           std::all_of(members_.begin(), members_.end(),
                       [](const auto* member) { return member->pair_is_live(); });
}

vrrp::Facts SyncGroup::facts(const VirtualRouter& member, Instant now) const {
    vrrp::Facts facts;
    facts.owner = member.is_owner() && lets_owner_claim(now);
    facts.group_ready = std::all_of(members_.begin(), members_.end(), [](const auto* other) {
        return other->is_master() || other->wants_master();
    });
    facts.last_resort = last_resort_ || suspect_;
    facts.pair_group = pair_group(now);
    facts.no_preempt =
        !facts.owner && (!member.settings().preempt || member.preempt_delayed(now) || stands_back(now));
    return facts;
}

void SyncGroup::apply_to_all(Event event, const std::string& reason, Turn& turn) {
    // Measured once: the first member's change must not change what holds for the second.
    std::vector<vrrp::Facts> measured;
    for (const auto* member : members_)
        measured.push_back(facts(*member, turn.now));
    for (std::size_t i = 0; i < members_.size(); ++i)
        members_[i]->apply(event, measured[i], reason, turn);
}

void SyncGroup::expire_all(const std::string& reason, Turn& turn) {
    for (auto* member : members_) {
        if (member->state() == State::backup) member->expire_master_down(reason, turn);
    }
}

bool SyncGroup::receive(VirtualRouter& member, const vrrp::Decoded& decoded, const IpAddress& from,
                        const IpAddress& to, Turn& turn) {
    const auto event = member.accept(decoded, from, to, lets_owner_claim(turn.now), turn);
    if (!event) return member.is_owner() && member.is_master();  // it may have to announce again
    const bool zero = *event == Event::advert_zero;
    if (must_look_first(turn) && (!zero || member.is_master())) {
        // Who leaves is no master, but has taught the network where the addresses were. Whether we may answer
        // is decided by the lease, when all packets are read.
        if (zero) {
            member.announce_again(turn);
        } else {
            step_aside(from, turn);
        }
        return true;
    }
    std::string reason;
    switch (*event) {
        case Event::advert_zero: reason = concat("priority 0 from ", from); break;
        case Event::advert_last_resort: reason = concat(from, " advertises priority 1, a last resort"); break;
        default:
            reason = concat(from, " advertises priority ", decoded.advert.priority, ", ours is ",
                            member.effective_priority());
    }
    const bool served = member.is_master();
    const auto done = member.apply(*event, facts(member, turn.now), reason, turn);
    if ((done & vrrp::expire_group) != 0) {
        expire_all(reason, turn);
        promoted_by_zero_at_ = turn.now;
    }
    const bool group_must_follow =
        *event == Event::advert_winning && !yield_ && (served || any_is(State::master));
    if (group_must_follow) leave_with(member, turn);
    return true;
}

void SyncGroup::leave_with(const VirtualRouter& member, Turn& turn) {
    if (promoted_by_zero_at_ && turn.now < *promoted_by_zero_at_ + peer_down()) {
        pair_rule_blocked_until_ = turn.now + pair_rule_block;
        turn.log(
            LogLevel::warning, member.name(),
            "the instances of the peer are not in one sync group as ours are: its priority 0 on one was not "
            "meant for all");
    }
    promoted_by_zero_at_.reset();
    const auto reason = concat("member ", member.name(), " of group ", name_, " has heard the master");
    for (auto* other : members_) {
        if (other != &member) other->apply(Event::group_left, facts(*other, turn.now), reason, turn);
    }
}

void SyncGroup::run(Turn& turn) {
    assess_health(turn);
    start(turn);
    run_fence(turn);
    run_refusal(turn);
    run_faults(turn);
    run_last_resort(turn);
    run_yield(turn);
    // A yield may have ended in a fault.
    if (stopping_ && !yield_ && !all_are(State::init)) apply_to_all(Event::shutdown, "stopped", turn);
    run_timers(turn);
    promote(turn);
}

void SyncGroup::assess_health(Turn& turn) {
    const auto cause_before = last_resort_cause();
    const auto weights_before = weights();
    assessment_ = assess(members_, checks_, turn);
    if (last_resort_cause() != cause_before || weights() != weights_before) {
        for (const auto* member : members_)
            turn.to_publish.insert(member->id());
    }
    last_resort_ = assessment_.last_resort.has_value();
    if (!assessment_.pending && turn.now >= start_at_) cold_ = false;
    track_recovery(last_resort_ || assessment_.check_fault || refusal_, turn.now);
    const bool recovering = recover_until_ && turn.now < *recover_until_;
    // Two nodes that are both refused must not take turns: who was refused waits until the other is truly
    // gone.
    if (suspect_ && !recovering && !hears_only_last_resort(turn.now)) suspect_ = false;
    apply_priorities(turn);
}

void SyncGroup::apply_priorities(Turn& turn) {
    const bool lowest = last_resort_ || degraded_ || suspect_;
    for (auto* member : members_) {
        const auto base = member->settings().priority;
        member->set_priority(lowest ? std::uint8_t{1} : effective_priority(base, assessment_.weight), turn);
    }
}

void SyncGroup::track_recovery(bool impaired, Instant now) {
    if (impaired == impaired_) return;
    impaired_ = impaired;
    Duration base{};
    for (const auto* member : members_)
        base = std::max(base, member->settings().recover_delay);
    if (impaired) {
        // A refusal can only return when it is tried again, which is after the delay.
        const bool returned = (recover_until_ && now < *recover_until_) || refusals_ > 1;
        recover_delay_ =
            returned ? std::min(recover_delay_ * 2, std::max(base, longest_recover_delay)) : base;
    } else {
        recover_until_ = now + recover_delay_;
    }
}

void SyncGroup::start(Turn& turn) {
    if (stopping_ || turn.now < start_at_) return;
    const auto cause = fault();
    for (auto* member : members_) {
        if (member->state() != State::init) continue;
        if (cause) {
            member->apply(Event::fault_raised, facts(*member, turn.now), *cause, turn);
        } else {
            member->apply(Event::startup, facts(*member, turn.now), listening, turn);
        }
    }
}

std::optional<std::string> SyncGroup::fault() const {
    if (assessment_.interface_fault) return assessment_.interface_fault;
    if (assessment_.check_fault) return assessment_.check_fault;
    if (refusal_ && !degraded_) return refusal_->reason;
    return std::nullopt;
}

void SyncGroup::run_faults(Turn& turn) {
    const auto cause = fault();
    if (cause) {
        if (!all_are(State::fault) && !all_are(State::init)) {
            abandon_yield(*cause, turn);
            apply_to_all(Event::fault_raised, *cause, turn);
        }
        for (auto* member : members_) {
            if (member->state() == State::fault) member->set_reason(*cause, turn);
        }
    } else if (any_is(State::fault)) {
        apply_to_all(Event::fault_cleared,
                     suspect_ ? "another master serves what the kernel has refused here"
                              : "the fault has ended; listening for a master",
                     turn);
    }
}

void SyncGroup::run_timers(Turn& turn) {
    for (auto* member : members_) {
        if (member->run_timers(turn)) member->apply(Event::advert_due, facts(*member, turn.now), {}, turn);
    }
}

void SyncGroup::promote(Turn& turn) {
    if (stopping_ || yield_ || !any_is(State::backup)) return;
    if (maintenance_) {
        waits_for_verdict_ = false;
        for (auto* member : members_)
            member->set_reason(with_reason("in maintenance", *maintenance_), turn);
        return;
    }
    const bool ready = facts(*members_.front(), turn.now).group_ready;
    // rules.md 13: at a cold start a node whose checks have not reported stays BACKUP; a check that is added
    // later holds nobody back.
    const bool waits = ready && cold_ && assessment_.pending;
    if (waits != waits_for_verdict_) {
        waits_for_verdict_ = waits;
        for (auto* member : members_)
            member->set_reason(waits ? "waiting for the first verdict of its checks" : listening, turn);
    }
    if (!ready || waits) return;
    last_resort_settled_ = last_resort_;
    std::vector<vrrp::Facts> measured;
    for (const auto* member : members_)
        measured.push_back(facts(*member, turn.now));
    for (std::size_t i = 0; i < members_.size(); ++i) {
        auto* member = members_[i];
        auto reason = member->expiry_reason(turn.now);
        if (last_resort_)
            reason += concat("; last resort: ", assessment_.last_resort.value_or(std::string()));
        member->apply(Event::master_down, measured[i], reason, turn);
    }
}

bool SyncGroup::stopped() const {
    return stopping_ && all_are(State::init);
}

std::optional<Instant> SyncGroup::next_deadline(const Turn& turn) const {
    std::optional<Instant> next;
    const auto consider = [&next](std::optional<Instant> at) {
        if (at && (!next || *at < *next)) next = at;
    };
    for (const auto* member : members_)
        consider(member->next_deadline());
    if (any_is(State::init) && !stopping_) consider(start_at_);
    if (yield_) consider(yield_->deadline);
    if (refusal_ && !degraded_) {
        consider(degrade_at());
        // Past it, only an advert can be the occasion of a retry.
        if (refusal_->retry_at > turn.now) consider(refusal_->retry_at);
    }
    if (suspect_ && recover_until_ && *recover_until_ > turn.now) consider(recover_until_);
    consider(debounce_deadline(members_, turn));
    return next;
}

}  // namespace regent::core
