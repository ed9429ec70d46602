// SPDX-License-Identifier: Apache-2.0
// The checkers, a function a rule, and the bounds that they hold the engines to.
#include <algorithm>

#include "agent/base/text.hpp"

#include "tests/sim/checkers.hpp"

namespace regent::sim {

using namespace core;
using namespace std::chrono_literals;
using vrrp::State;

namespace {

constexpr Duration kernel_lateness = 400ms;
constexpr Duration in_flight = 2 * test::World::latency;

}  // namespace

std::string here(const Machine& machine, std::size_t k) {
    return concat(machine.node->name, " VI_", k + 1);
}

/// Both advertise every interval, so that within one the lower hears the higher, or the higher answers the
/// lower. Who yields has sent its priority 0 and stays for two at most.
Duration Checkers::longest_with_two(const Scenario& scenario, bool yielding) {
    return (yielding ? 2 : 1) * scenario.interval + in_flight;
}

/// The last advert may have come just before; then the Master_Down_Timer with its longest skew (version 2:
/// 1 s). A refused address adds rule 11's peer_down + 1 s of listening before it is served without, and a
/// last resort two intervals of asking for another.
Duration Checkers::longest_without_master(const Scenario& scenario) {
    const Duration peer_down = scenario.interval * scenario.down_adverts;
    const Duration skew = std::max<Duration>(1s, scenario.interval);
    return peer_down + skew + peer_down + 1s + 2 * scenario.interval + in_flight;
}

void Checkers::rule_3_at_most_one_master(std::size_t k) {
    const auto test = [&](bool yielding, std::optional<Instant>& since) {
        const auto masters = std::count_if(
            stage_.machines.begin(), stage_.machines.end(),
            [&](const Machine& m) { return serves(m, k) && (yielding || !sight(m, k).zero_at); });
        const Duration allowed = longest_with_two(stage_.scenario, yielding);
        if (masters < 2 || !stage_.calm_since()) {
            since.reset();
        } else if (!since) {
            since = stage_.now();
        } else if (stage_.now() - *since > allowed) {
            throw Broken(concat("rule 3: ", masters, " masters of VI_", k + 1, " for ",
                                to_text(stage_.now() - *since), " in a whole network; ", to_text(allowed),
                                " are allowed"));
        }
    };
    test(true, two_since_[k]);
    test(false, both_since_[k]);
}

/// At most one burst a second.
void Checkers::rule_3_announces_again(Machine& machine, std::size_t k) {
    auto& seen = sight(machine, k);
    if (!std::exchange(seen.challenged, std::nullopt)) return;
    if (machine.keepalived || seen.state != State::master || seen.zero_at) return;
    const auto& own = settings(machine, k);
    const auto* link = machine.node->kernel.link(own.interface);
    if (!link || !machine.node->kernel.holds(own.addresses.front().address)) return;
    const auto& announced = watched_[machine.index].announced;
    const auto last = announced.find(link->index);
    if (last == announced.end() || stage_.world.local(*machine.node) - last->second > 1s)
        throw Broken(concat("rule 3: ", here(machine, k), " has heard another master and does not announce"));
}

void Checkers::rule_6_at_least_one_master(std::size_t k) {
    const bool served = std::any_of(stage_.machines.begin(), stage_.machines.end(),
                                    [&](const Machine& m) { return serves(m, k); });
    const bool able = std::any_of(stage_.machines.begin(), stage_.machines.end(), [&](const Machine& m) {
        // A last resort serves; FAULT because of a check does not (rule 10).
        const bool faulty = m.sick && sight(m, k).state == State::fault;
        return m.acts() && !m.leaving && !watched_[m.index].in_maintenance && !faulty;
    });
    auto& since = none_since_[k];
    if (served || !able || !stage_.calm_since()) {
        since.reset();
    } else if (!since || *since < stage_.last_deed()) {
        since = stage_.now();
    } else if (stage_.now() - *since > none_bound_) {
        throw Broken(concat("rule 6: no master of VI_", k + 1, " for ", to_text(stage_.now() - *since),
                            " in a whole network; ", to_text(none_bound_), " are allowed"));
    }
}

void Checkers::rule_7_addresses_go_with_the_role(const Machine& machine, std::size_t k) const {
    const auto& own = settings(machine, k);
    const auto& seen = sight(machine, k);
    if (machine.node->frozen_at) return;  // it answers nobody
    const bool alone = !machine.acts();
    if (!alone && seen.state == State::master) return;
    for (const auto& address : own.addresses) {
        if (!machine.node->kernel.holds_ours(address.address)) continue;
        if (!alone)
            throw Broken(concat("rule 7: ", here(machine, k), " is not MASTER and holds ", address.address));
        if (machine.keepalived || own.lease == Duration::zero()) continue;
        const Instant from =
            std::max(seen.last_advert.value_or(Instant::min()), seen.last_added.value_or(Instant::min()));
        const Duration held = stage_.world.local(*machine.node) - from;
        if (held > own.lease + kernel_lateness)
            throw Broken(concat("rule 7: ", here(machine, k), " holds ", address.address, " ", to_text(held),
                                " after its last advert; the lease is ", to_text(own.lease)));
    }
}

void Checkers::rule_8_master_holds_its_addresses(const Machine& machine, std::size_t k) const {
    const auto& seen = sight(machine, k);
    if (seen.state != State::master || seen.zero_at || machine.blind || machine.keepalived) return;
    // Refused ones are tried again after up to 60 s (rule 11).
    const auto& refused = watched_[machine.index].refused_at;
    if (refused && stage_.now() - *refused < 61s) return;
    for (const auto& address : settings(machine, k).addresses) {
        if (!machine.node->kernel.holds(address.address))
            throw Broken(concat("rule 8: ", here(machine, k), " is MASTER without ", address.address));
    }
}

void Checkers::rule_9_group_as_one(const Machine& machine) const {
    if (!stage_.scenario.grouped()) return;
    const auto& sights = watched_[machine.index].sights;
    const auto masters =
        std::count_if(sights.begin(), sights.end(), [](const Sight& s) { return s.state == State::master; });
    if (masters != 0 && static_cast<std::size_t>(masters) != sights.size())
        throw Broken(concat("rule 9: ", masters, " of ", sights.size(), " members on ", machine.node->name,
                            " are MASTER"));
}

void Checkers::rule_6_fence_is_done(const Machine& machine, std::size_t k) const {
    const auto& seen = sight(machine, k);
    if (seen.fenced && !seen.zero_at) rule_6_nothing_while_stalled(machine, k, "stays MASTER");
}

void Checkers::rule_9_yield_ends(const Machine& machine, std::size_t k) const {
    const auto& seen = sight(machine, k);
    if (seen.state != State::master || !seen.zero_at) return;
    const Duration since = stage_.world.local(*machine.node) - *seen.zero_at;
    if (since > 2 * stage_.scenario.interval)
        throw Broken(concat("rule 9: ", here(machine, k), " is in its yield for ", to_text(since)));
}

void Checkers::adverts_keep_their_spacing(const Machine& machine, std::size_t k) const {
    const auto& seen = sight(machine, k);
    const auto* link = machine.node->kernel.link(settings(machine, k).interface);
    if (seen.state != State::master || seen.zero_at || !link || !link->carrier) return;
    if (!seen.last_tried)
        throw Broken(concat("spacing: ", here(machine, k), " is MASTER and has never advertised"));
    const Duration since = stage_.world.local(*machine.node) - *seen.last_tried;
    if (since > stage_.scenario.interval)
        throw Broken(
            concat("spacing: ", here(machine, k), " is MASTER and sends nothing for ", to_text(since)));
}

/// The check is reported late by half a second, and a grace is 5 s at least.
void Checkers::rule_13_waits_for_a_verdict(const Machine& machine, std::size_t k) const {
    const auto& watched = watched_[machine.index];
    const auto& own = settings(machine, k);
    if (machine.keepalived || own.checks.empty() || watched.check_is_up || watched.overridden) return;
    if (stage_.world.local(*machine.node) - watched.started_at < 5s)
        throw Broken(concat("rule 13: ", here(machine, k), " becomes MASTER before its check has reported"));
}

/// Rules 10, 14 and 16: a weight counts once, however many members track the check; without one it is 1.
void Checkers::rule_16_priority_follows_the_check(const Machine& machine, std::size_t k) const {
    const auto& watched = watched_[machine.index];
    // Who was refused an address has other reasons to be the lowest (rule 11).
    if (machine.keepalived || !watched.in_force || watched.overridden || watched.refused_at) return;
    const auto& own = watched.in_force->instances[k];
    int expected = own.priority;
    if (!own.checks.empty()) {
        const auto& tracker = own.checks.front();
        const Instant now = stage_.world.local(*machine.node);
        if (!watched.reported && now - watched.started_at >= 5s) return;
        const bool held_for_too_long = watched.hold_ends && now >= *watched.hold_ends;
        const bool down = watched.check_is_up == false || held_for_too_long;
        if (down && tracker.weight) expected = std::clamp(expected + *tracker.weight, 1, 254);
        if (down && !tracker.weight && tracker.on_down == OnDown::last_resort) expected = 1;
    }
    const int priority = test::status(*machine.node, own.name).effective_priority;
    if (priority != expected)
        throw Broken(concat("rule 16: ", here(machine, k), " has priority ", priority, ", not ", expected));
}

void Checkers::rule_19_maintenance_never_serves(const Machine& machine, std::size_t k) const {
    const auto& seen = sight(machine, k);
    if (watched_[machine.index].in_maintenance && seen.state == State::master && !seen.zero_at)
        throw Broken(concat("rule 19: ", here(machine, k), " is in maintenance and MASTER"));
}

void Checkers::rule_19_commands_are_answered(const Machine& machine) const {
    for (const auto& [id, at] : watched_[machine.index].unanswered) {
        if (stage_.now() - at > 4 * stage_.scenario.interval &&
            at >= stage_.calm_since().value_or(Instant::max()))
            throw Broken(concat("rule 19: ", machine.node->name, " does not answer command ", id));
    }
}

/// Each deed may move a router away and back; without one it may still go home once (preemption after a
/// recover delay), and meet a refusal on the way.
void Checkers::rule_15_moves_are_bounded(std::size_t k) {
    constexpr std::size_t unprovoked = 4;
    auto& moves = moves_[k];
    const Instant minute_ago = stage_.now() - 60s;
    std::erase_if(moves, [=](Instant at) { return at < minute_ago; });
    if (moves.size() <= unprovoked) return;
    const auto allowed = unprovoked + 2 * stage_.deeds_since(minute_ago);
    if (moves.size() > allowed)
        throw Broken(concat("rule 15: VI_", k + 1, " moved ", moves.size(), " times in a minute; ", allowed,
                            " are allowed"));
}

/// Who leaves alive says so: with priority 0, or to a higher advert with one last of its own. Who was stalled
/// says nothing. One stalled member is enough for a group to look first, and what it finds takes all to
/// BACKUP in silence; a fault or a stop does not come from looking, so there each member answers for itself.
void Checkers::rule_2_says_goodbye(Machine& machine, std::size_t k, const Input& input,
                                   const Actions& actions, const Transition& transition) {
    if (machine.keepalived) return;
    const auto& seen = sight(machine, k);
    const auto* link = machine.node->kernel.link(settings(machine, k).interface);
    const bool can_send = link && link->carrier && !machine.node->mute;
    if (!can_send || seen.zero_at || seen.fenced || stalled(machine, k) || lease_has_run_out(machine, k))
        return;
    if (transition.to == State::backup && group_stalled(machine)) return;
    const bool heard = std::holds_alternative<PacketReceived>(input);
    const bool said = std::any_of(actions.begin(), actions.end(), [&](const Action& action) {
        const auto* sent = std::get_if<SendAdvert>(&action);
        return sent && sent->instance == transition.instance &&
               (heard || sent->message.at(2) == vrrp::leaving_priority);
    });
    if (!said)
        throw Broken(concat("rule 2: ", here(machine, k), " leaves without a word: ", transition.reason));
}

void Checkers::rule_6_nothing_while_stalled(const Machine& machine, std::size_t k,
                                            const std::string& what) const {
    const auto& seen = sight(machine, k);
    if (seen.fenced)
        throw Broken(
            concat("rule 6: ", here(machine, k), " has woken too late (", seen.fence, ") and ", what));
    if (seen.state == State::master && !seen.zero_at && stalled(machine, k))
        throw Broken(concat("rule 6: ", here(machine, k), " ", what, " while its last advert is too old"));
}

/// Only who becomes MASTER anew may set what the kernel took from it. That may come later than the moment it
/// becomes so: who gives the role up and has it back in one instant (another's advert, then its priority 0)
/// still has its addresses, with a lease of before; if that ends before its first advert has left, it sets
/// them as all others are set that were not there, but no later than a lease after. A renewal that a pause
/// held up is excused while the last advert is younger than the lease: nobody can have missed it yet.
void Checkers::rule_7_no_lease_is_repaired(const Machine& machine, std::size_t k,
                                           const IpAddress& address) const {
    const auto& seen = sight(machine, k);
    const bool anew = seen.state != State::master || seen.master_since == stage_.world.local(*machine.node);
    const Instant now = stage_.world.local(*machine.node);
    const bool of_before = !seen.set_as_master.contains(address) && seen.master_since &&
                           now - *seen.master_since < settings(machine, k).lease;
    const auto advert = seen.last_advert == now ? seen.advert_before : seen.last_advert;
    const bool missed = advert && now - *advert >= settings(machine, k).lease;
    if (!anew && !of_before && missed && machine.node->kernel.expired.contains(address))
        throw Broken(
            concat("rule 7: ", here(machine, k), " puts back ", address, ", whose lease had run out"));
}

void Checkers::rule_7_no_lease_comes_back(const Machine& machine) const {
    if (machine.node->kernel.resurrected)
        throw Broken(concat("rule 7: ", machine.node->name, " has renewed a lease that had run out"));
}

void Checkers::rule_8_foreign_is_left_alone(const Machine& machine, int interface_index,
                                            const IpAddress& address, std::uint8_t prefix) const {
    if (machine.keepalived) return;
    const auto* found = machine.node->kernel.find(interface_index, address, prefix);
    if (found && !found->ours)
        throw Broken(concat("rule 8: ", machine.node->name, " touches ", address, ", which is not ours"));
}

/// A planned move costs no address, not for an instant: one that somebody can take over from a machine that
/// leaves is held all the time.
void Checkers::rule_9_make_before_break(std::size_t k) const {
    const auto calm = stage_.calm_since();
    if (!calm || !able_since_ || stage_.scenario.keepalived) return;
    if (stage_.now() < std::max({stage_.last_blow(), *calm, *able_since_}) + 2 * none_bound_) return;
    // Who has recovered just now may have let the priority 0 pass, as a last resort does, and it is not said
    // again.
    if (std::none_of(watched_.begin(), watched_.end(), [&](const Watched& w) {
            return w.able_since && stage_.now() >= *w.able_since + none_bound_;
        }))
        return;
    const auto& machines = stage_.machines;
    // Who was refused an address lately waits until the other is truly gone (rule 11).
    const auto doubts = [&](const Machine& m) { return watched_[m.index].refused_at.has_value(); };
    if (std::any_of(machines.begin(), machines.end(), doubts)) return;
    for (const auto& address : stage_.scenario.instance(k).addresses) {
        if (std::none_of(machines.begin(), machines.end(),
                         [&](const Machine& m) { return m.node->kernel.holds(address.address); }))
            throw Broken(concat("rule 9: nobody holds ", address.address,
                                " though nothing has happened but "
                                "what was planned"));
    }
}

/// Nothing is waited for: the role goes on in the instant of the start.
void Checkers::rule_17_goes_on_after_a_crash(Machine& machine) {
    for (std::size_t k = 0; k < stage_.scenario.instances(); ++k) {
        auto& seen = sight(machine, k);
        if (std::exchange(seen.must_resume, false) && seen.state != State::master)
            throw Broken(concat("rule 17: ", here(machine, k), " was MASTER ",
                                to_text(stage_.world.local(*machine.node) - *seen.last_advert),
                                " ago and does not go on"));
    }
}

void Checkers::nothing_is_left() const {
    for (const auto& machine : stage_.machines) {
        if (machine.node->runs()) throw Broken(concat("rule 18: ", machine.node->name, " does not stop"));
        if (machine.keepalived) continue;
        for (const auto& address : machine.node->kernel.snapshot().addresses) {
            if (address.ours)
                throw Broken(
                    concat("rule 18: ", machine.node->name, " has stopped and left ", address.address));
        }
    }
}

void Checkers::everything_is_served() const {
    const auto& all = stage_.machines;
    for (std::size_t k = 0; k < stage_.scenario.instances(); ++k) {
        const auto serving = [&](const Machine& m) { return serves(m, k); };
        const auto master = std::find_if(all.begin(), all.end(), serving);
        if (master == all.end())
            throw Broken(concat("rule 6: nobody serves VI_", k + 1, " after a long calm"));
        const auto priority = [&](const Machine& m) { return settings(m, k).priority; };
        const auto best = std::max_element(
            all.begin(), all.end(), [&](const auto& a, const auto& b) { return priority(a) < priority(b); });
        if (stage_.scenario.instance(k).preempt && !stage_.was_sick() && best != master)
            throw Broken(
                concat("preemption: ", master->node->name, " serves VI_", k + 1, ", not ", best->node->name));
    }
}

}  // namespace regent::sim
