// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/stage.hpp"

#include <algorithm>

#include "agent/base/text.hpp"

#include "tests/unit/core/builders.hpp"

namespace regent::sim {

using namespace core;
using namespace std::chrono_literals;

Stage::Stage(std::uint64_t seed, Trace& given)
    : random(seed), trace(given), scenario(make_scenario(random)), network_(random.child()) {
    build();
    world.records = false;
    world.carry = [this](const std::string& lan, const test::Node& from, const test::Node& to) {
        const auto to_machine =
            std::find_if(machines.begin(), machines.end(), [&](const auto& m) { return m.node == &to; });
        if (to_machine->deaf[lan_number(lan)]) return std::vector<Duration>{};
        return network_.carry(lan, from.name, to.name);
    };
    world.watch = [this](const test::Node& node, const Input& input, const Actions& actions) {
        watch(node, input, actions);
    };
    world.settled = [this] {
        bury_the_stopped();
        update_calm();
        if (listener) listener->settled();
    };
}

void Stage::build() {
    trace.note(now(), scenario.words);
    for (std::size_t m = 0; m < scenario.machines(); ++m) {
        auto& machine = machines.emplace_back();
        machine.index = m;
        machine.settings = scenario.settings[m];
        machine.keepalived = scenario.keepalived == m;
        machine.node = &world.add_node(machine.settings.node);
        machine.outages.assign(scenario.lans, Machine::Outage::no_carrier);
        machine.plugged.assign(scenario.lans, true);
        machine.deaf.assign(scenario.lans, false);
        auto lateness = random.child();
        machine.node->kernel.lateness = [lateness]() mutable { return lateness.between(0ns, 400ms); };
        machine.node->kernel.marks_system = true;
        for (unsigned lan = 0; lan < scenario.lans; ++lan)
            add_link(machine, lan);
    }
}

void Stage::add_link(const Machine& machine, unsigned lan) {
    world.plug(*machine.node, concat("eth", lan), concat("lan", lan),
               own_address(scenario, machine.index, lan), scenario.family == Family::ipv4 ? 24 : 64);
}

void Stage::watch(const test::Node& node, const Input& input, const Actions& actions) {
    auto& machine =
        *std::find_if(machines.begin(), machines.end(), [&](const auto& m) { return m.node == &node; });
    trace.step(now(), node, input, actions);
    remember(machine, actions);
    if (listener) listener->stepped(machine, input, actions);
}

/// The state file, as agent/platform writes it.
void Stage::remember(Machine& machine, const Actions& actions) {
    for (const auto& action : actions) {
        if (const auto* whole = std::get_if<Remember>(&action)) machine.memory = whole->memory;
        const auto* advert = std::get_if<RecordAdvert>(&action);
        if (advert && machine.memory && advert->slot < machine.memory->routers.size())
            machine.memory->routers[advert->slot].last_advert = advert->at;
    }
}

void Stage::bury_the_stopped() {
    for (auto& machine : machines) {
        if (!machine.node->stopped || !machine.node->runs()) continue;
        test::World::kill(*machine.node);
        machine.leaving = false;
        if (listener) listener->ended(machine);
    }
}

bool Stage::disturbed() const {
    if (!network_.whole() || now() < stragglers_until_) return true;
    // A keepalived drops adverts of another length: it and its peers are deaf to each other.
    const bool counts = scenario.keepalived.has_value();
    return std::any_of(machines.begin(), machines.end(), [&](const Machine& m) {
        const bool cut_off = std::find(m.plugged.begin(), m.plugged.end(), false) != m.plugged.end();
        const bool deaf = counts && m.settings.instances.front().addresses.size() !=
                                        machines.front().settings.instances.front().addresses.size();
        const bool hears_not = std::find(m.deaf.begin(), m.deaf.end(), true) != m.deaf.end();
        return m.node->paused || m.node->mute || cut_off || hears_not || deaf;
    });
}

void Stage::update_calm() {
    if (disturbed()) {
        calm_since_.reset();
    } else if (!calm_since_) {
        calm_since_ = now();
    }
}

void Stage::deed(const std::string& what, Force force) {
    note(what);
    last_deed_ = now();
    if (force == Force::hard) last_blow_ = now();
    deeds_.push_back(now());
}

std::size_t Stage::deeds_since(Instant when) const {
    return static_cast<std::size_t>(
        std::count_if(deeds_.begin(), deeds_.end(), [=](Instant at) { return at >= when; }));
}

void Stage::run_for(Duration duration) {
    const Instant end = now() + duration;
    world.run_until(now());
    while (!queue_.empty() && queue_.begin()->first <= end) {
        const auto [at, what] = *queue_.begin();
        queue_.erase(queue_.begin());
        world.run_until(at);
        what();
        world.run_until(now());
    }
    world.run_until(end);
}

}  // namespace regent::sim
