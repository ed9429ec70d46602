// SPDX-License-Identifier: Apache-2.0
// The checkers of who may take a role over and when: rules 4, 5, 11 and 12, and who cannot hear.
#include <algorithm>

#include "agent/base/text.hpp"

#include "tests/sim/checkers.hpp"
#include "tests/unit/core/builders.hpp"

namespace regent::sim {

using namespace core;
using namespace std::chrono_literals;
using vrrp::State;

namespace {

Duration peer_down(const Scenario& scenario) {
    return scenario.interval * scenario.down_adverts;
}

}  // namespace

bool Checkers::is_deaf(const Machine& machine, std::size_t k) const {
    return machine.deaf[lan_number(settings(machine, k).interface)];
}

bool Checkers::is_stranger(const IpAddress& source) const {
    for (unsigned lan = 0; lan < stage_.scenario.lans; ++lan) {
        if (source == test::ip(stranger_address(stage_.scenario, lan, 0))) return true;
    }
    return false;
}

/// Only a priority 0 shortens the wait for who was heard with a priority not below ours.
void Checkers::rule_4_no_sooner_than_the_peer_is_down(const Machine& machine, std::size_t k) const {
    if (machine.keepalived) return;
    const auto& heard = sight(machine, k).heard_higher;
    if (!heard) return;
    for (std::size_t other = 0; other < stage_.scenario.instances(); ++other) {
        const bool counts = other == k || stage_.scenario.grouped();
        const auto& zero = sight(machine, other).heard_zero;
        if (counts && zero && *zero >= *heard) return;
    }
    const Duration silence = stage_.world.local(*machine.node) - *heard;
    if (silence < peer_down(stage_.scenario))
        throw Broken(concat("rule 4: ", here(machine, k), " takes over ", to_text(silence),
                            " after it heard the master"));
}

void Checkers::rule_4_pair_takes_over_without_skew(const Machine& machine) const {
    const auto& watched = watched_[machine.index];
    if (!may_take_over(machine) || !stage_.scenario.instance(0).pair) return;
    const Instant now = stage_.world.local(*machine.node);
    const auto overdue = [&](const Sight& seen) {
        return seen.state == State::backup && seen.heard_higher && seen.heard_higher > seen.backup_since &&
               now - std::max(seen.heard_any, seen.heard_zero).value_or(now) > peer_down(stage_.scenario);
    };
    const auto& sights = watched.sights;
    const auto found = std::find_if(sights.begin(), sights.end(), overdue);
    const bool all = std::all_of(sights.begin(), sights.end(), overdue);
    if (stage_.scenario.grouped() ? all : found != sights.end())
        throw Broken(concat("rule 4: ", machine.node->name, " does not take over from its peer, last heard ",
                            to_text(now - *found->heard_any), " ago"));
}

void Checkers::rule_4_group_follows_a_priority_0(const Machine& machine) const {
    const auto& watched = watched_[machine.index];
    if (!may_take_over(machine) || !stage_.scenario.grouped() || !stage_.scenario.instance(0).pair) return;
    const Instant now = stage_.world.local(*machine.node);
    if (watched.misled_at && now - *watched.misled_at < 60s) return;
    const auto knows_its_peer = [&](const Sight& seen) {
        return seen.state == State::backup && seen.heard_any && *seen.heard_any < now && seen.backup_since &&
               *seen.backup_since < now;
    };
    const auto leaves = [&](const Sight& seen) { return seen.heard_zero == now && seen.zero_counts; };
    if (std::all_of(watched.sights.begin(), watched.sights.end(), knows_its_peer) &&
        std::any_of(watched.sights.begin(), watched.sights.end(), leaves))
        throw Broken(
            concat("rule 4: ", machine.node->name, " does not follow the priority 0 of its peer's group"));
}

/// Nothing but the peer holds it back.
bool Checkers::may_take_over(const Machine& machine) const {
    const auto& watched = watched_[machine.index];
    const bool pending = !watched.check_is_up && !settings(machine, 0).checks.empty();
    return !machine.keepalived && !watched.in_maintenance && !pending;
}

void Checkers::rule_5_strangers_change_nothing(const Machine& machine, const PacketReceived& packet,
                                               const Actions& actions) const {
    const auto does = [](const Action& action) {
        return std::holds_alternative<Transition>(action) || std::holds_alternative<SendAdvert>(action) ||
               std::holds_alternative<SendFrame>(action) || std::holds_alternative<AddAddress>(action) ||
               std::holds_alternative<RemoveAddress>(action);
    };
    if (std::any_of(actions.begin(), actions.end(), does))
        throw Broken(concat("rule 5: ", machine.node->name, " obeys ", packet.source,
                            ", which advertises other addresses"));
}

void Checkers::rule_6_the_deaf_do_not_serve(const Machine& machine, std::size_t k) const {
    const auto state = sight(machine, k).state;
    if (is_deaf(machine, k) && state != State::fault && state != State::init)
        throw Broken(concat("rule 6: ", here(machine, k), " hears nobody and is ", to_string(state)));
}

/// 1 s, doubling to 60 s. Whoever takes the role may try at once.
void Checkers::rule_11_tries_again_later(Machine& machine, const IpAddress& address) {
    if (!machine.node->kernel.refuses_to_add.contains(address)) return;
    auto& before = watched_[machine.index].refusals[address];
    const Instant now = stage_.world.local(*machine.node);
    if (before.count > 0) {
        const auto least = std::min<Duration>(60s, 1s * (1U << std::min(before.count - 1, 6U)));
        if (now - before.last < least)
            throw Broken(concat("rule 11: ", machine.node->name, " tries ", address, " again after ",
                                to_text(now - before.last), "; refused ", before.count, " times"));
    }
    ++before.count;
    before.last = now;
}

void Checkers::rule_11_degraded_where_nobody_else_serves(const Machine& machine, std::size_t k) const {
    const auto& seen = sight(machine, k);
    if (seen.state != State::master || seen.zero_at || machine.blind || machine.keepalived) return;
    const auto& kernel = machine.node->kernel;
    const auto& addresses = settings(machine, k).addresses;
    const bool whole = std::all_of(addresses.begin(), addresses.end(),
                                   [&](const auto& address) { return kernel.holds(address.address); });
    const auto status = test::status(*machine.node, settings(machine, k).name);
    // In a yield it is tried again after 1 s, and whoever goes on before that has not learned of it.
    const auto& refused = watched_[machine.index].refused_at;
    if (!whole && !status.degraded && !(refused && stage_.now() - *refused <= 1s))
        throw Broken(concat("rule 11: ", here(machine, k), " lacks an address and is not marked degraded"));
    if (!status.degraded || seen.master_since != stage_.world.local(*machine.node)) return;
    const auto& heard = seen.heard_any;
    const bool gone = !heard || (seen.heard_zero && *seen.heard_zero >= *heard);
    const Duration silence = heard ? stage_.world.local(*machine.node) - *heard : Duration::max();
    if (!gone && silence < peer_down(stage_.scenario) + 1s)
        throw Broken(concat("rule 11: ", here(machine, k), " serves without an address ", to_text(silence),
                            " after it heard another master"));
}

/// It asks for another, in vain, for two intervals; its next advert arms the longest skew (version 2: 1 s).
Duration Checkers::longest_with_last_resort(const Scenario& scenario) {
    return 3 * scenario.interval + std::max<Duration>(1s, scenario.interval) + 2 * test::World::latency;
}

/// Rules 12, 10 and 15: who says that it is sick keeps a role only while nobody else could have it, whether
/// they preempt or not.
void Checkers::rule_12_the_sick_give_way(std::size_t k) {
    const auto sick = [&](const Machine& m) {
        return !m.keepalived && serves(m, k) &&
               test::status(*m.node, concat("VI_", k + 1)).effective_priority == 1;
    };
    const auto fit = [&](const Machine& m) {
        if (!may_take_over(m) || !m.acts() || m.leaving || watched_[m.index].refused_at) return false;
        const auto status = test::status(*m.node, concat("VI_", k + 1));
        return status.state == State::backup && status.effective_priority > 1 && !status.held;
    };
    const auto& machines = stage_.machines;
    auto& since = sick_since_[k];
    if (!stage_.calm_since() || std::none_of(machines.begin(), machines.end(), sick) ||
        std::none_of(machines.begin(), machines.end(), fit)) {
        since.reset();
    } else if (!since || *since < stage_.last_deed()) {
        since = stage_.now();
    } else if (stage_.now() - *since > longest_with_last_resort(stage_.scenario)) {
        throw Broken(concat("rule 12: VI_", k + 1, " is served by a last resort for ",
                            to_text(stage_.now() - *since), " though another could"));
    }
}

}  // namespace regent::sim
