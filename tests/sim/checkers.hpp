// SPDX-License-Identifier: Apache-2.0
// What must hold whatever happens: one function a rule, named by the numbers of the rules of failover. Each
// looks from outside, at what was sent, what the kernels hold and what the agents publish.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/sim/stage.hpp"

namespace regent::sim {

/// A rule that does not hold, as a sentence.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Which virtual router on which machine, in words.
std::string here(const Machine& machine, std::size_t k);

class Checkers : public Stage::Listener {
  public:
    explicit Checkers(Stage& stage);

    void stepped(Machine& machine, const core::Input& input, const core::Actions& actions) override;
    void settled() override;
    void started(Machine& machine) override;
    void ended(Machine& machine) override;
    void waking(Machine& machine) override;

    /// After all agents were told to stop: they have, and nothing of ours is left.
    void nothing_is_left() const;
    /// After a long calm: somebody serves each router, and if nothing holds it back the best.
    void everything_is_served() const;

    /// How long there may be nobody, or two, while all is well: derived in rules*.cpp.
    static Duration longest_without_master(const Scenario& scenario);
    static Duration longest_with_two(const Scenario& scenario, bool yielding);
    static Duration longest_with_last_resort(const Scenario& scenario);

  private:
    /// One virtual router on one machine, as seen from outside.
    struct Sight {
        vrrp::State state = vrrp::State::init;
        std::optional<Instant> last_advert;    ///< with a priority other than 0; by the clock of the machine
        std::optional<Instant> advert_before;  ///< the one before this instant
        std::optional<Instant> master_since;   ///< by the clock of the machine, the last time
        std::optional<Instant> last_tried;     ///< the same, also when it could not leave
        std::optional<Instant> last_added;     ///< an address of it; by the clock of the machine
        std::optional<Instant> lease_begun;    ///< as its agent counts: with the role, or the last advert
        std::set<IpAddress> set_as_master;  ///< added or renewed since it became MASTER, as far as was tried
        std::optional<Instant> challenged;  ///< heard another master and stayed
        std::optional<Instant> zero_at;     ///< priority 0, nothing else since
        std::optional<Instant>
            heard_higher;  ///< an advert of at least its own priority; by the clock of the machine
        std::optional<IpAddress> higher_from;
        std::optional<Instant> heard_any;  ///< the same of any priority but 0
        std::optional<Instant> heard_zero;
        bool zero_counts =
            false;  ///< then: a last resort waits until the other is gone for good (rules 10, 11)
        std::optional<Instant> backup_since;  ///< by the clock of the machine, the last time
        bool ended_as_master = false;         ///< the last run of the agent
        bool must_resume = false;             ///< this run has to go on where that one was
        bool fenced = false;  ///< has woken stalled and must step down before it does anything
        std::string fence;    ///< why
    };
    /// The kernel says no to an address, again and again.
    struct Refusals {
        unsigned count = 0;
        Instant last{};
    };
    struct Watched {
        std::vector<Sight> sights;                    ///< by instance
        std::map<std::uint64_t, Instant> unanswered;  ///< operator commands
        bool in_maintenance = false;
        std::optional<Instant> able_since;  ///< it can serve, and nobody has asked it to leave
        std::map<std::uint64_t, core::OperatorCommand::Kind> asked;
        std::optional<Instant> refused_at;  ///< an address, the last time
        std::map<IpAddress, Refusals> refusals;
        std::optional<Instant> misled_at;  ///< by a priority 0: its peer is no group (rule 4)
        std::vector<Instant> resumes;
        std::map<int, Instant> announced;  ///< by interface, the last frame; by the clock of the machine
        core::Settings ended_with;
        std::optional<core::Settings> in_force;  ///< none: the agent has not been told any
        std::optional<bool> check_is_up;   ///< none: it has not reported, in this run or a remembered one
        bool reported = false;             ///< in this run
        std::optional<Instant> hold_ends;  ///< of the last verdict; by the clock of the machine
        bool overridden = false;           ///< an operator has had a say about the check
        Instant started_at{};              ///< by the clock of the machine
    };

    void look(Machine& machine, const core::PacketReceived& packet, const core::Actions& actions);
    void look(Machine& machine, const core::CheckVerdict& verdict);
    void look(Machine& machine, const core::OperatorCommand& command);
    void look(Machine& machine, const core::SendAdvert& sent);
    void look(Machine& machine, const core::AddAddress& added);
    void look(Machine& machine, const core::RenewLease& renewed);
    void look(Machine& machine, const core::RemoveAddress& removed);
    void look(Machine& machine, const core::Input& input, const core::Actions& actions,
              const core::Transition& transition);
    void look(Machine& machine, const core::OperatorAnswer& answer);
    void note_backup(Machine& machine, std::size_t k, const core::Transition& transition);

    // At each instant.
    void rule_3_at_most_one_master(std::size_t k);
    void rule_3_announces_again(Machine& machine, std::size_t k);
    void rule_6_at_least_one_master(std::size_t k);
    void rule_7_addresses_go_with_the_role(const Machine& machine, std::size_t k) const;
    void rule_8_master_holds_its_addresses(const Machine& machine, std::size_t k) const;
    void rule_9_group_as_one(const Machine& machine) const;
    void rule_6_fence_is_done(const Machine& machine, std::size_t k) const;
    void rule_9_yield_ends(const Machine& machine, std::size_t k) const;
    void adverts_keep_their_spacing(const Machine& machine, std::size_t k) const;
    void rule_16_priority_follows_the_check(const Machine& machine, std::size_t k) const;
    void rule_4_pair_takes_over_without_skew(const Machine& machine) const;
    void rule_4_group_follows_a_priority_0(const Machine& machine) const;
    void rule_6_the_deaf_do_not_serve(const Machine& machine, std::size_t k) const;
    void rule_11_degraded_where_nobody_else_serves(const Machine& machine, std::size_t k) const;
    void rule_12_the_sick_give_way(std::size_t k);
    void rule_19_maintenance_never_serves(const Machine& machine, std::size_t k) const;
    void rule_19_commands_are_answered(const Machine& machine) const;
    void rule_15_moves_are_bounded(std::size_t k);
    void rule_9_make_before_break(std::size_t k) const;
    void rule_17_goes_on_after_a_crash(Machine& machine);
    // At each step.
    void rule_2_says_goodbye(Machine& machine, std::size_t k, const core::Input& input,
                             const core::Actions& actions, const core::Transition& transition);
    void rule_4_no_sooner_than_the_peer_is_down(const Machine& machine, std::size_t k) const;
    void rule_5_strangers_change_nothing(const Machine& machine, const core::PacketReceived& packet,
                                         const core::Actions& actions) const;
    void rule_11_tries_again_later(Machine& machine, const IpAddress& address);
    void rule_6_nothing_while_stalled(const Machine& machine, std::size_t k, const std::string& what) const;
    void rule_13_waits_for_a_verdict(const Machine& machine, std::size_t k) const;
    void rule_7_no_lease_is_repaired(const Machine& machine, std::size_t k, const IpAddress& address) const;
    void rule_7_no_lease_comes_back(const Machine& machine) const;
    void rule_8_foreign_is_left_alone(const Machine& machine, int interface_index, const IpAddress& address,
                                      std::uint8_t prefix) const;

    /// Whether the state file holds all that a resume as MASTER needs.
    bool can_resume(const Machine& machine, std::size_t k) const;
    bool stalled(const Machine& machine, std::size_t k) const;
    bool may_take_over(const Machine& machine) const;
    bool is_deaf(const Machine& machine, std::size_t k) const;
    bool is_stranger(const IpAddress& source) const;
    /// A member of the group; never where there is none.
    bool group_stalled(const Machine& machine) const;
    /// Of an address of it, or of another member of its group.
    bool lease_has_run_out(const Machine& machine, std::size_t k) const;
    std::optional<std::size_t> instance_of(const IpAddress& address) const;
    Sight& sight(const Machine& machine, std::size_t k) { return watched_[machine.index].sights[k]; }
    const Sight& sight(const Machine& machine, std::size_t k) const {
        return watched_[machine.index].sights[k];
    }
    const core::Instance& settings(const Machine& machine, std::size_t k) const {
        return machine.settings.instances[k];
    }
    bool serves(const Machine& machine, std::size_t k) const {
        return machine.acts() && sight(machine, k).state == vrrp::State::master;
    }

    Stage& stage_;
    Duration none_bound_;
    std::optional<Instant> able_since_;               ///< at each instant since then somebody was able
    std::vector<Watched> watched_;                    ///< by machine
    std::vector<std::optional<Instant>> two_since_;   ///< by instance, with those that yield
    std::vector<std::optional<Instant>> both_since_;  ///< by instance, without
    std::vector<std::optional<Instant>> none_since_;  ///< by instance
    std::vector<std::optional<Instant>>
        sick_since_;                           ///< by instance: served by a last resort, though others could
    std::vector<std::vector<Instant>> moves_;  ///< by instance, since it is calm
    Instant calm_began_ = Instant::max();
};

}  // namespace regent::sim
