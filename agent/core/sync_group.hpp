// SPDX-License-Identifier: Apache-2.0
// A sync group: all members are MASTER or none is, and they change in the same turn. A router outside any
// group is a group of one, so that there is one set of rules. Decides when; the state table decides what; the
// router does it.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/core/assessment.hpp"
#include "agent/core/memory.hpp"
#include "agent/core/settings.hpp"
#include "agent/core/turn.hpp"
#include "agent/core/virtual_router.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::core {

class SyncGroup {
  public:
    /// `name` is empty for a router outside any group.
    SyncGroup(std::string name, std::vector<VirtualRouter*> members, std::vector<CheckTracker> checks,
              Instant now);

    const std::string& name() const { return name_; }
    const std::vector<VirtualRouter*>& members() const { return members_; }
    /// New settings after a reload, and perhaps other members. What the group is in the middle of goes on: a
    /// yield, a refusal, a recover delay.
    void reform(std::string name, std::vector<VirtualRouter*> members, std::vector<CheckTracker> checks);
    /// For members that a reload takes out of this group: another that is in the middle of the same.
    std::unique_ptr<SyncGroup> split() const;
    /// A reload has put members of `other` into this one: what holds them back goes with them.
    void adopt(const SyncGroup& other);
    /// Members in INIT start no sooner.
    void delay_start(Instant until) { start_at_ = std::max(start_at_, until); }
    /// The member is about to be destroyed.
    void drop(const VirtualRouter* member) { std::erase(members_, member); }

    /// A decoded advertisement for one of the members. Returns whether anything may be due because of it.
    bool receive(VirtualRouter& member, const vrrp::Decoded& decoded, const IpAddress& from,
                 const IpAddress& to, Turn& turn);
    /// The kernel has said something about an address of one of the members.
    void address_event(VirtualRouter& member, const AddressPlan::Event& event, Turn& turn);
    /// Does all that is due: start, faults, yields, timers, promotion.
    void run(Turn& turn);
    /// Leaves cleanly (rules.md 9), or without waiting for the next master.
    void stop(bool at_once, Turn& turn);
    bool stopped() const;

    /// Goes on as MASTER where an earlier run left off, if nobody can have noticed (rules.md 17). Says why
    /// not.
    bool resume(const Memory& memory, Turn& turn);
    /// The run ends and leaves everything in place: one last advertisement gives the next run its time.
    void suspend(Turn& turn);
    /// What an operator asks for (rules.md 19). The answer to a handover may come later.
    void handover(std::uint64_t id, const std::string& reason, Turn& turn);
    void release(Turn& turn);
    void set_maintenance(const std::optional<std::string>& reason, Turn& turn);
    /// Something has overtaken the yield under way, if any: whoever asked for it is told.
    void abandon_yield(const std::string& why, Turn& turn);
    /// Has given its role away on request and not been released since.
    bool held() const { return held_; }
    void set_held() { held_ = true; }

    std::optional<Instant> next_deadline(const Turn& turn) const;
    bool last_resort() const { return last_resort_; }
    /// What has failed and has a weight: how the priority came about.
    const std::string& weights() const { return assessment_.weight_reason; }
    /// A sentence; empty when it is none.
    std::string last_resort_cause() const { return assessment_.last_resort.value_or(std::string()); }
    bool degraded() const { return degraded_; }

  private:
    enum class Purpose : std::uint8_t { stop, last_resort, handover, maintenance };
    struct Yield {
        Purpose purpose;
        Instant deadline;
        std::optional<std::uint64_t> answer_to;  ///< the OperatorCommand that waits
        std::string reason;                      ///< of a handover; may be empty
        bool released = false;                   ///< a handover, and the release has come already
    };
    /// The kernel does not accept an address (rules.md 11).
    struct Refusal {
        AddressKey key;
        std::string reason;
        Instant since;
        Instant retry_at;
    };

    void assess_health(Turn& turn);
    void apply_priorities(Turn& turn);
    void track_recovery(bool impaired, Instant now);
    void start(Turn& turn);
    void run_faults(Turn& turn);
    void run_refusal(Turn& turn);
    void run_last_resort(Turn& turn);
    void begin_yield(Purpose purpose, const std::string& reason, Turn& turn);
    void run_yield(Turn& turn);
    void end_yield(bool relieved, Turn& turn);
    void end_stray_yield(Turn& turn);
    void suspend_yield(Turn& turn);
    void explain_backup(const std::string& reason, Turn& turn);
    /// The yield under way is for something else from now on: whoever asked for it is told.
    void overtake_yield(Purpose purpose, const std::string& why, Turn& turn);
    static void answer_yield(const Yield& yield, bool relieved, Turn& turn);
    void run_fence(Turn& turn);
    void step_aside(const IpAddress& master, Turn& turn);
    void run_timers(Turn& turn);
    void promote(Turn& turn);
    void leave_with(const VirtualRouter& member, Turn& turn);
    void apply_to_all(vrrp::Event event, const std::string& reason, Turn& turn);
    void expire_all(const std::string& reason, Turn& turn);

    vrrp::Facts facts(const VirtualRouter& member, Instant now) const;
    /// Gave its role away, or has just recovered: it leaves a master alone that lives (rules.md 15, 19).
    bool stands_back(Instant now) const { return held_ || (recover_until_ && now < *recover_until_); }
    /// An owner always preempts (RFC 9568 §6.1), but not against what an operator or its own health says.
    bool lets_owner_claim(Instant now) const { return !stands_back(now) && !maintenance_; }
    std::optional<std::string> fault() const;
    bool lapsed(const Turn& turn) const;
    const VirtualRouter* stalled_member(Instant now) const;
    /// rules.md 6: another master may have taken over unheard.
    bool must_look_first(const Turn& turn) const;
    std::optional<std::string> unfit_to_resume(const Memory& memory, const Turn& turn) const;
    bool pair_group(Instant now) const;
    bool all_are(vrrp::State state) const;
    bool any_is(vrrp::State state) const;
    bool hears_master(Instant now) const;
    bool hears_only_last_resort(Instant now) const;
    Duration peer_down() const;
    Instant degrade_at() const;

    std::string name_;
    std::vector<VirtualRouter*> members_;
    std::vector<CheckTracker> checks_;
    Instant start_at_;
    bool stopping_ = false;
    bool cold_ = false;               ///< has not had all verdicts since it started (rules.md 13)
    bool waits_for_verdict_ = false;  ///< would be MASTER by now

    Assessment assessment_;
    bool last_resort_ = false;
    bool last_resort_settled_ = false;  ///< has yielded for it, or became MASTER knowing it
    std::optional<Yield> yield_;

    bool impaired_ = false;
    Duration recover_delay_{};
    std::optional<Instant> recover_until_;

    std::optional<Refusal> refusal_;
    unsigned refusals_ = 0;  ///< in a row
    bool degraded_ = false;  ///< serves what the kernel accepts, because nobody else does
    bool suspect_ = false;   ///< was refused, has not been tried since

    bool held_ = false;
    std::optional<std::string> maintenance_;  ///< the reason; never MASTER while set

    bool lease_lost_ = false;  ///< the kernel has taken an address that was not renewed
    std::optional<Instant> stall_told_at_;

    std::optional<Instant> promoted_by_zero_at_;
    std::optional<Instant> pair_rule_blocked_until_;
};

}  // namespace regent::core
