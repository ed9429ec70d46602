// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/checkers.hpp"

#include <algorithm>

#include "agent/base/text.hpp"

namespace regent::sim {

using namespace core;
using namespace std::chrono_literals;
using vrrp::State;

namespace {

/// Instances are named VI_1, VI_2 …
std::size_t number_of(const std::string& instance) {
    return static_cast<std::size_t>(std::stoul(instance.substr(3)) - 1);
}

}  // namespace

Checkers::Checkers(Stage& stage)
    : stage_(stage),
      none_bound_(longest_without_master(stage.scenario)),
      watched_(stage.machines.size()),
      two_since_(stage.scenario.instances()),
      both_since_(stage.scenario.instances()),
      none_since_(stage.scenario.instances()),
      sick_since_(stage.scenario.instances()),
      moves_(stage.scenario.instances()) {
    for (auto& watched : watched_)
        watched.sights.resize(stage.scenario.instances());
}

std::optional<std::size_t> Checkers::instance_of(const IpAddress& address) const {
    for (const auto& machine : stage_.machines) {
        for (std::size_t k = 0; k < machine.settings.instances.size(); ++k) {
            for (const auto& own : machine.settings.instances[k].addresses) {
                if (own.address == address) return k;
            }
        }
    }
    return std::nullopt;
}

void Checkers::started(Machine& machine) {
    auto& watched = watched_[machine.index];
    if (!machine.memory || !machine.memory->maintenance) watched.in_maintenance = false;
    watched.in_force.reset();
    watched.started_at = stage_.world.local(*machine.node);
    watched.overridden = machine.memory && !machine.memory->overrides.empty();
    watched.check_is_up.reset();
    watched.reported = false;
    watched.hold_ends.reset();
    if (machine.memory && !machine.memory->checks.empty())
        watched.check_is_up = machine.memory->checks.front().verdict != Memory::Verdict::down;
    if (machine.keepalived || !machine.memory) return;
    std::erase_if(watched.resumes, [&](Instant at) { return stage_.now() - at > 61s; });
    bool all = true;
    for (std::size_t k = 0; k < watched.sights.size(); ++k) {
        auto& seen = watched.sights[k];
        seen.must_resume = watched.resumes.size() < 3 && can_resume(machine, k);
        all = all && seen.must_resume;
    }
    for (auto& seen : watched.sights)
        seen.must_resume = seen.must_resume && (all || !stage_.scenario.grouped());
    watched.resumes.push_back(stage_.now());
}

void Checkers::ended(Machine& machine) {
    auto& watched = watched_[machine.index];
    for (auto& seen : watched.sights) {
        seen.ended_as_master = seen.state == State::master && !seen.zero_at;
        seen.state = State::init;
        seen.zero_at.reset();
        seen.fenced = false;
        seen.heard_higher.reset();
        seen.heard_any.reset();
        seen.heard_zero.reset();
    }
    watched.refusals.clear();
    watched.misled_at.reset();
    watched.unanswered.clear();
    watched.ended_with = machine.settings;
}

bool Checkers::can_resume(const Machine& machine, std::size_t k) const {
    // The engine allows itself some time to send one; here nothing passes between the decision and its
    // advert.
    constexpr Duration margin = 10ms;
    const auto& seen = sight(machine, k);
    const auto& own = settings(machine, k);
    const auto& kernel = machine.node->kernel;
    const auto* link = kernel.link(own.interface);
    Duration limit = stage_.scenario.interval * stage_.scenario.down_adverts;
    // Rule 7: a lease of whole seconds may end before that; the kernel that still holds the address is only
    // late.
    if (own.lease > Duration::zero()) limit = std::min(limit, own.lease);
    return seen.ended_as_master && seen.last_advert && !machine.node->mute && !is_deaf(machine, k) &&
           stage_.world.local(*machine.node) - *seen.last_advert <= limit - margin &&
           watched_[machine.index].ended_with == machine.settings && link && link->carrier &&
           std::all_of(own.addresses.begin(), own.addresses.end(),
                       [&](const auto& address) { return kernel.holds_ours(address.address); });
}

void Checkers::stepped(Machine& machine, const Input& input, const Actions& actions) {
    if (const auto* applied = std::get_if<ConfigApplied>(&input))
        watched_[machine.index].in_force = *applied->settings;
    if (const auto* command = std::get_if<OperatorCommand>(&input)) look(machine, *command);
    if (const auto* verdict = std::get_if<CheckVerdict>(&input)) look(machine, *verdict);
    if (const auto* packet = std::get_if<PacketReceived>(&input)) look(machine, *packet, actions);
    if (const auto* request = std::get_if<AddressNotTried>(&input)) {
        if (const auto k = instance_of(request->address))
            sight(machine, *k).set_as_master.erase(request->address);
    }
    if (const auto* appeared = std::get_if<AddressAppeared>(&input))
        watched_[machine.index].refusals.erase(appeared->address.address);
    if (std::holds_alternative<AddressRefused>(input)) watched_[machine.index].refused_at = stage_.now();
    for (const auto& action : actions) {
        if (const auto* frame = std::get_if<SendFrame>(&action))
            watched_[machine.index].announced[frame->interface_index] = stage_.world.local(*machine.node);
        if (const auto* sent = std::get_if<SendAdvert>(&action)) look(machine, *sent);
        if (const auto* added = std::get_if<AddAddress>(&action)) look(machine, *added);
        if (const auto* renewed = std::get_if<RenewLease>(&action)) look(machine, *renewed);
        if (const auto* removed = std::get_if<RemoveAddress>(&action)) look(machine, *removed);
        if (const auto* answer = std::get_if<OperatorAnswer>(&action)) look(machine, *answer);
        if (const auto* transition = std::get_if<Transition>(&action))
            look(machine, input, actions, *transition);
    }
}

void Checkers::look(Machine& machine, const CheckVerdict& verdict) {
    auto& watched = watched_[machine.index];
    if (verdict.state != CheckState::unknown) {
        watched.reported = true;
        watched.check_is_up = verdict.state == CheckState::up;
        watched.hold_ends.reset();
        return;
    }
    if (!watched.check_is_up) return;
    const auto& check = machine.settings.checks.front();
    if (check.on_unknown == OnUnknown::hold) {
        if (!watched.hold_ends && check.hold_time)
            watched.hold_ends = stage_.world.local(*machine.node) + *check.hold_time;
    } else {
        watched.check_is_up = check.on_unknown == OnUnknown::ignore;
    }
}

void Checkers::look(Machine& machine, const OperatorCommand& command) {
    using Kind = OperatorCommand::Kind;
    auto& watched = watched_[machine.index];
    watched.unanswered[command.id] = stage_.now();
    watched.asked[command.id] = command.kind;
    if (command.kind == Kind::maintenance_off) watched.in_maintenance = false;
    if (command.kind == Kind::override_check) watched.overridden = true;
    if (command.kind == Kind::clear_override) watched.overridden = false;
}

void Checkers::look(Machine& machine, const PacketReceived& packet, const Actions& actions) {
    if (is_stranger(packet.source)) return rule_5_strangers_change_nothing(machine, packet, actions);
    const Instant local = stage_.world.local(*machine.node);
    const auto* link = machine.node->kernel.link(packet.interface_index);
    if (!link) return;
    for (std::size_t k = 0; k < stage_.scenario.instances(); ++k) {
        const auto& own = settings(machine, k);
        if (own.virtual_router_id != packet.message.at(1) || own.interface != link->name) continue;
        auto& seen = sight(machine, k);
        const std::uint8_t priority = packet.message.at(2);
        if (priority == vrrp::leaving_priority) {
            seen.heard_zero = local;
            seen.zero_counts =
                !machine.keepalived && test::status(*machine.node, own.name).effective_priority > 1;
            continue;
        }
        seen.challenged = stage_.now();
        seen.heard_any = local;
        if (machine.keepalived) continue;
        // Who says that it is sick does not put off a takeover any longer (rule 12).
        if (priority == 1 && seen.higher_from == packet.source) seen.heard_higher.reset();
        if (priority == 1 || priority < test::status(*machine.node, own.name).effective_priority) continue;
        seen.heard_higher = local;
        seen.higher_from = packet.source;
    }
}

void Checkers::look(Machine& machine, const SendAdvert& sent) {
    auto& seen = sight(machine, number_of(sent.instance));
    const Instant local = stage_.world.local(*machine.node);
    const std::uint8_t priority = sent.message.at(2);
    // Priority 0 claims nothing: who is told to stop in that instant may say so.
    if (seen.fenced && priority != vrrp::leaving_priority)
        rule_6_nothing_while_stalled(machine, number_of(sent.instance), "sends");
    if (priority == vrrp::leaving_priority) {
        seen.zero_at = local;
        return;
    }
    seen.zero_at.reset();
    seen.last_tried = local;
    if (machine.node->mute) return;
    if (seen.last_advert != local) seen.advert_before = seen.last_advert;
    seen.last_advert = seen.lease_begun = local;
}

void Checkers::look(Machine& machine, const AddAddress& added) {
    const auto k = instance_of(added.address.address);
    if (!k) return;
    const auto& seen = sight(machine, *k);
    if (!machine.keepalived) rule_7_no_lease_is_repaired(machine, *k, added.address.address);
    if (!machine.keepalived) rule_11_tries_again_later(machine, added.address.address);
    // Whether an advert has failed to leave it learns only after the step.
    const bool just_sent = seen.last_tried == stage_.world.local(*machine.node);
    // Who knows that it cannot send and hears nobody may set one that a reload has brought.
    const bool reloaded = machine.node->mute && !machine.node->kernel.expired.contains(added.address.address);
    if (!machine.keepalived && !just_sent && !reloaded)
        rule_6_nothing_while_stalled(machine, *k, "adds an address");
    sight(machine, *k).last_added = stage_.world.local(*machine.node);
    sight(machine, *k).set_as_master.insert(added.address.address);
}

void Checkers::look(Machine& machine, const RenewLease& renewed) {
    const auto k = instance_of(renewed.address.address);
    if (k) rule_6_nothing_while_stalled(machine, *k, "renews a lease");
    if (k) sight(machine, *k).set_as_master.insert(renewed.address.address);
    rule_8_foreign_is_left_alone(machine, renewed.interface_index, renewed.address.address,
                                 renewed.address.prefix);
}

void Checkers::look(Machine& machine, const RemoveAddress& removed) {
    rule_8_foreign_is_left_alone(machine, removed.interface_index, removed.address, removed.prefix);
}

void Checkers::look(Machine& machine, const Input& input, const Actions& actions,
                    const Transition& transition) {
    const auto k = number_of(transition.instance);
    if (transition.from == State::master) rule_2_says_goodbye(machine, k, input, actions, transition);
    auto& seen = sight(machine, k);
    seen.state = transition.to;
    seen.fenced = false;
    if (transition.from == State::master) seen.zero_at.reset();
    if (transition.to == State::backup) note_backup(machine, k, transition);
    if (transition.to != State::master) return;
    if (transition.from == State::backup) rule_4_no_sooner_than_the_peer_is_down(machine, k);
    rule_13_waits_for_a_verdict(machine, k);
    // A resume goes on with the leases of the run before.
    if (transition.from != State::init) {
        seen.set_as_master.clear();
        seen.lease_begun = stage_.world.local(*machine.node);
    }
    // Whoever takes the role may try at once.
    watched_[machine.index].refusals.clear();
    moves_[k].push_back(stage_.now());
    seen.master_since = stage_.world.local(*machine.node);
}

void Checkers::note_backup(Machine& machine, std::size_t k, const Transition& transition) {
    const Instant local = stage_.world.local(*machine.node);
    auto& watched = watched_[machine.index];
    watched.sights[k].backup_since = local;
    if (transition.from != State::master) return;
    for (const auto& member : watched.sights) {
        if (member.heard_zero &&
            local - *member.heard_zero < stage_.scenario.interval * stage_.scenario.down_adverts)
            watched.misled_at = local;
    }
}

void Checkers::look(Machine& machine, const OperatorAnswer& answer) {
    auto& watched = watched_[machine.index];
    if (watched.unanswered.erase(answer.id) == 0)
        throw Broken(concat("rule 19: ", machine.node->name, " answers command ", answer.id, " twice"));
    const auto asked = watched.asked[answer.id];
    if (asked == OperatorCommand::Kind::maintenance_on && answer.outcome == OperatorAnswer::Outcome::done)
        watched.in_maintenance = true;
}

bool Checkers::stalled(const Machine& machine, std::size_t k) const {
    const auto& seen = sight(machine, k);
    const Duration peer_down = stage_.scenario.interval * stage_.scenario.down_adverts;
    // Until it became MASTER its silence was due. None of its adverts may ever have left: that is silence
    // too.
    const auto silent_since = std::max(seen.last_advert, seen.master_since);
    return silent_since && stage_.world.local(*machine.node) - *silent_since > peer_down;
}

bool Checkers::group_stalled(const Machine& machine) const {
    if (!stage_.scenario.grouped()) return false;
    for (std::size_t k = 0; k < stage_.scenario.instances(); ++k) {
        if (stalled(machine, k)) return true;
    }
    return false;
}

bool Checkers::lease_has_run_out(const Machine& machine, std::size_t k) const {
    for (std::size_t other = 0; other < stage_.scenario.instances(); ++other) {
        if (other != k && !stage_.scenario.grouped()) continue;
        // The kernel may be late; who counts for itself is not.
        const auto& own = settings(machine, other);
        const auto& begun = sight(machine, other).lease_begun;
        const Duration spacing = 250ms;  // between two renewals
        if (own.lease > Duration::zero() && begun &&
            stage_.world.local(*machine.node) - *begun >= own.lease - spacing)
            return true;
        for (const auto& address : settings(machine, other).addresses) {
            if (machine.node->kernel.expired.contains(address.address)) return true;
        }
    }
    return false;
}

/// Rule 6: what it must not do before it has stepped down, seen in its sockets and its kernel.
void Checkers::waking(Machine& machine) {
    if (machine.keepalived || !machine.node->runs()) return;
    std::vector<std::string> why(stage_.scenario.instances());
    for (std::size_t k = 0; k < why.size(); ++k) {
        if (sight(machine, k).state != State::master || sight(machine, k).zero_at || !stalled(machine, k))
            continue;
        const auto& own = settings(machine, k);
        for (const auto& waiting : machine.node->socket) {
            const auto& packet = std::get<PacketReceived>(waiting);
            const auto* link = machine.node->kernel.link(packet.interface_index);
            if (link && link->name == own.interface && packet.message.at(1) == own.virtual_router_id &&
                packet.message.at(2) != vrrp::leaving_priority)
                why[k] = concat("an advert of ", packet.source, " has waited");
        }
        for (const auto& address : own.addresses) {
            if (machine.node->kernel.expired.contains(address.address))
                why[k] = concat("the lease of ", address.address, " has run out");
        }
    }
    if (stage_.scenario.grouped()) {
        const auto found = std::find_if(why.begin(), why.end(), [](const auto& w) { return !w.empty(); });
        if (found != why.end()) std::fill(why.begin(), why.end(), std::string(*found));
    }
    for (std::size_t k = 0; k < why.size(); ++k) {
        auto& seen = sight(machine, k);
        if (why[k].empty() || seen.state != State::master) continue;
        seen.fenced = true;
        seen.fence = why[k];
    }
}

void Checkers::settled() {
    const auto calm = stage_.calm_since();
    if (calm != calm_began_) {
        calm_began_ = calm.value_or(Instant::max());
        for (auto& moves : moves_)
            moves.clear();
    }
    // A last resort waits for who leaves to be gone for good: two that are sick must not swap.
    const auto since = [&](bool able, std::optional<Instant> before) {
        return able ? std::optional(before.value_or(stage_.now())) : std::nullopt;
    };
    bool any_able = false;
    for (const auto& m : stage_.machines) {
        auto& watched = watched_[m.index];
        const bool able = m.acts() && !m.leaving && !watched.in_maintenance &&
                          (m.keepalived || !test::status(*m.node, "VI_1").last_resort);
        watched.able_since = since(able, watched.able_since);
        any_able = any_able || able;
    }
    able_since_ = since(any_able, able_since_);
    for (auto& machine : stage_.machines) {
        for (std::size_t k = 0; k < stage_.scenario.instances(); ++k) {
            rule_7_addresses_go_with_the_role(machine, k);
            if (!machine.acts()) continue;
            rule_6_fence_is_done(machine, k);
            rule_8_master_holds_its_addresses(machine, k);
            rule_3_announces_again(machine, k);
            rule_9_yield_ends(machine, k);
            adverts_keep_their_spacing(machine, k);
            rule_16_priority_follows_the_check(machine, k);
            rule_6_the_deaf_do_not_serve(machine, k);
            rule_11_degraded_where_nobody_else_serves(machine, k);
            rule_19_maintenance_never_serves(machine, k);
        }
        if (!machine.acts()) continue;
        rule_7_no_lease_comes_back(machine);
        rule_17_goes_on_after_a_crash(machine);
        rule_9_group_as_one(machine);
        rule_4_pair_takes_over_without_skew(machine);
        rule_4_group_follows_a_priority_0(machine);
        rule_19_commands_are_answered(machine);
    }
    for (std::size_t k = 0; k < stage_.scenario.instances(); ++k) {
        rule_3_at_most_one_master(k);
        rule_6_at_least_one_master(k);
        rule_12_the_sick_give_way(k);
        rule_9_make_before_break(k);
        rule_15_moves_are_bounded(k);
    }
}

}  // namespace regent::sim
