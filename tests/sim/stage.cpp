// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/stage.hpp"

#include <algorithm>

#include "agent/base/text.hpp"

#include "tests/sim/keepalived.hpp"
#include "tests/unit/core/builders.hpp"

namespace regent::sim {

using namespace core;
using namespace std::chrono_literals;

Stage::Stage(std::uint64_t seed, Trace& given)
    : random(seed), trace(given), scenario(make_scenario(random)), network_(random.child()) {
    build();
    world.records = false;
    world.carry = [this](const std::string& lan, const test::Node& from, const test::Node& to) {
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
        machine.plugged.assign(scenario.lans, true);
        auto lateness = random.child();
        machine.node->kernel.lateness = [lateness]() mutable { return lateness.between(0ns, 400ms); };
        machine.node->kernel.marks_system = true;
        for (unsigned lan = 0; lan < scenario.lans; ++lan)
            world.plug(*machine.node, concat("eth", lan), concat("lan", lan), own_address(scenario, m, lan),
                       scenario.family == Family::ipv4 ? 24 : 64);
    }
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
        return m.node->paused || m.node->mute || cut_off || deaf;
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

void Stage::start(Machine& machine, Start how) {
    deed(concat(machine.node->name, how == Start::resume ? " starts, with its memory" : " starts"));
    if (how == Start::fresh) machine.memory.reset();
    machine.leaving = false;
    // Before its first step: what it does in it counts for this run.
    if (listener) listener->started(machine);
    if (machine.keepalived) {
        world.start(*machine.node, std::make_unique<Keepalived>(), machine.settings);
    } else {
        world.start(*machine.node, machine.settings, machine.memory);
    }
    later(random.between(0ns, 500ms), [&] { verdict(machine, CheckState::up); });
}

void Stage::crash(Machine& machine) {
    if (!machine.node->runs()) return;
    deed(concat(machine.node->name, " crashes"));
    // First: the rest of a turn that it was stopped in is never done.
    test::World::kill(*machine.node);
    world.wake(*machine.node);
    machine.leaving = false;
    if (listener) listener->ended(machine);
}

void Stage::reboot(Machine& machine) {
    deed(concat(machine.node->name, " loses its power"));
    crash(machine);
    machine.node->kernel.forget_ours();
    machine.memory.reset();
}

void Stage::stop(Machine& machine) {
    if (!machine.node->runs()) return;
    deed(concat(machine.node->name, " is told to stop", machine.leaving ? " again" : ""),
         machine.leaving ? Force::hard : Force::soft);
    const bool again = std::exchange(machine.leaving, true);
    world.tell(*machine.node, StopRequested{again});
}

void Stage::suspend(Machine& machine) {
    if (!machine.acts() || machine.keepalived || machine.leaving) return;
    deed(concat(machine.node->name, " is suspended"));
    machine.leaving = true;
    world.tell(*machine.node, SuspendRequested{});
}

void Stage::pause(Machine& machine, bool frozen) {
    if (!machine.node->runs() || machine.node->paused) return;
    deed(concat(machine.node->name, frozen ? " is frozen" : " is paused"));
    world.pause(*machine.node, frozen);
    update_calm();
}

void Stage::trap(Machine& machine) {
    if (!machine.acts()) return;
    deed(concat(machine.node->name, " is to be paused in the middle of a turn"));
    machine.node->trapped = true;
}

void Stage::wake(Machine& machine) {
    machine.node->trapped = false;
    if (!machine.node->paused) return;
    deed(concat(machine.node->name, " goes on"));
    if (listener) listener->waking(machine);
    world.wake(*machine.node);
}

void Stage::wake_after_overrun(Machine& machine, bool packets) {
    if (!machine.node->paused) return;
    note(concat(machine.node->name, " has lost what its kernel told it", packets ? " and its packets" : ""));
    machine.node->inbox.clear();
    machine.node->inbox.emplace_back(machine.node->kernel.snapshot());
    if (packets) machine.node->socket.clear();
    wake(machine);
}

void Stage::reload(Machine& machine, const Settings& settings, const std::string& what) {
    deed(concat(machine.node->name, " reloads: ", what), Force::soft);
    machine.settings = settings;
    if (machine.leaving) return;
    world.reload(*machine.node, settings);
}

Stage::Force Stage::force_of_check(const Machine& machine) {
    const auto& tracker = machine.settings.instances.front().checks.front();
    const bool faults = !tracker.weight && tracker.on_down == OnDown::fault;
    return faults || machine.keepalived ? Force::hard : Force::soft;
}

void Stage::verdict(Machine& machine, CheckState state) {
    if (machine.settings.checks.empty() || !machine.node->runs()) return;
    machine.sick = state == CheckState::down;
    sick_ = sick_ || machine.sick;
    deed(concat(machine.node->name, state == CheckState::up ? ": service up" : ": service down"),
         force_of_check(machine));
    world.tell(*machine.node, CheckVerdict{"service", state, "", true});
}

void Stage::steal(Machine& machine, const VirtualAddress& address, bool told) {
    deed(concat(machine.node->name, " loses ", address.address, told ? " to a thief" : " unseen"));
    auto seen = machine.node->kernel.remove_by_hand(address.address);
    if (told) return world.tell(*machine.node, std::move(seen));
    machine.blind = true;
    later(random.between(0ns, 1s), [&] {
        machine.blind = false;
        world.tell(*machine.node, test::VirtualKernel::Inputs{machine.node->kernel.snapshot()});
    });
}

void Stage::refuse(Machine& machine, const VirtualAddress& address) {
    deed(concat(machine.node->name, ": its kernel refuses ", address.address));
    sick_ = true;
    machine.node->kernel.refuses_to_add.insert(address.address);
}

void Stage::accept_all(Machine& machine) {
    if (machine.node->kernel.refuses_to_add.empty()) return;
    deed(concat(machine.node->name, ": its kernel accepts everything again"));
    machine.node->kernel.refuses_to_add.clear();
}

void Stage::command(Machine& machine, OperatorCommand::Kind kind) {
    if (!machine.acts() || machine.keepalived) return;
    constexpr std::array words{"handover", "release", "maintenance on", "maintenance off", "announcement"};
    deed(concat(machine.node->name, ": operator asks for ", words.at(static_cast<std::size_t>(kind))),
         Force::soft);
    const bool of_group = scenario.grouped() && kind != OperatorCommand::Kind::announce;
    world.tell(*machine.node, OperatorCommand{next_command_++, kind, of_group ? "G" : "VI_1", "simulation"});
}

void Stage::override_check(Machine& machine, std::optional<bool> up, Duration lasts) {
    if (!machine.acts() || machine.keepalived || machine.settings.checks.empty()) return;
    using Kind = OperatorCommand::Kind;
    const Force force = force_of_check(machine);
    if (up) {
        sick_ = true;
        // By then the check may have become DOWN.
        later(lasts, [this, &machine, force] { deed(concat(machine.node->name, ": override ends"), force); });
    }
    deed(concat(machine.node->name, ": operator ",
                up ? concat("has the check count as ", *up ? "UP" : "DOWN", " for ", to_text(lasts))
                   : "lets the check count again"),
         force);
    world.tell(*machine.node,
               OperatorCommand{next_command_++, up ? Kind::override_check : Kind::clear_override,
                               machine.settings.checks.front().name, "simulation", "nobody",
                               up.value_or(true), lasts});
}

void Stage::plug(Machine& machine, unsigned lan, bool in) {
    if (machine.plugged[lan] == in) return;
    deed(concat(machine.node->name, in ? " gets its cable back on lan" : " loses its cable on lan", lan));
    machine.plugged[lan] = in;
    world.tell(*machine.node, machine.node->kernel.set_link(concat("eth", lan), true, in));
    update_calm();
}

void Stage::mute(Machine& machine, bool on) {
    if (machine.node->mute == on) return;
    deed(concat(machine.node->name, on ? " cannot send" : " can send again"));
    machine.node->mute = on;
    update_calm();
}

void Stage::impair(unsigned lan, const Impairment& how) {
    deed(concat("lan", lan, " loses ", how.loss, " %, doubles ", how.duplicate, " %, delays up to ",
                to_text(how.delay)));
    network_.impair(concat("lan", lan), how);
    stragglers_until_ = Instant::max();
}

void Stage::mend(unsigned lan) {
    deed(concat("lan", lan, " is mended"));
    network_.mend(concat("lan", lan));
    stragglers_until_ = now() + 2 * scenario.interval;
}

void Stage::cut(unsigned lan, const Machine& from, const Machine& to) {
    deed(concat("lan", lan, ": ", from.node->name, " is not heard by ", to.node->name));
    network_.cut(concat("lan", lan), from.node->name, to.node->name);
}

void Stage::join(unsigned lan, const Machine& from, const Machine& to) {
    deed(concat("lan", lan, ": ", from.node->name, " is heard by ", to.node->name));
    network_.join(concat("lan", lan), from.node->name, to.node->name);
}

void Stage::heal() {
    forget_plans();
    note("everything is healed");
    network_.heal();
    stragglers_until_ = now() + 2 * scenario.interval;
    for (auto& machine : machines) {
        if (std::exchange(machine.blind, false))
            world.tell(*machine.node, test::VirtualKernel::Inputs{machine.node->kernel.snapshot()});
        mute(machine, false);
        accept_all(machine);
        wake(machine);
    }
    // Who is leaving has left after two intervals.
    run_for(2 * scenario.interval + 1ms);
    for (auto& machine : machines) {
        for (unsigned lan = 0; lan < scenario.lans; ++lan)
            plug(machine, lan, true);
        machine.settings = scenario.settings[machine.index];
        if (machine.node->runs()) {
            reload(machine, machine.settings, "as it was");
            command(machine, OperatorCommand::Kind::release);
            command(machine, OperatorCommand::Kind::maintenance_off);
            verdict(machine, CheckState::up);
            override_check(machine, std::nullopt);
        } else {
            start(machine, random.percent(70) ? Start::resume : Start::fresh);
            command(machine, OperatorCommand::Kind::release);
            command(machine, OperatorCommand::Kind::maintenance_off);
            override_check(machine, std::nullopt);
        }
    }
    run_for(0ns);
}

}  // namespace regent::sim
