// SPDX-License-Identifier: Apache-2.0
// Stage, what can be done to the machines, their agents and their networks.
#include <algorithm>

#include "agent/base/text.hpp"

#include "tests/sim/keepalived.hpp"
#include "tests/sim/stage.hpp"
#include "tests/unit/core/builders.hpp"

namespace regent::sim {

using namespace core;
using namespace std::chrono_literals;

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
    for (unsigned lan = 0; lan < scenario.lans; ++lan) {
        if (machine.deaf[lan]) tell_hearing(machine, lan);
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
    const auto& check = machine.settings.checks.front();
    const bool unknown = state == CheckState::unknown;
    const bool holds = unknown && check.on_unknown == OnUnknown::hold;
    if (!holds) machine.sick = state == CheckState::down || (unknown && check.on_unknown == OnUnknown::down);
    sick_ = sick_ || state != CheckState::up;
    constexpr std::array words{"up", "degraded", "down", "unknown"};
    const auto what = concat(machine.node->name, ": service ", words.at(static_cast<std::size_t>(state)));
    const Force force = force_of_check(machine);
    deed(what, force);
    // Meanwhile nothing is known, and after it the check counts as DOWN.
    if (holds && check.hold_time) {
        later(*check.hold_time, [this, &machine, what, force] {
            machine.sick = true;
            deed(concat(what, " for too long"), force);
        });
    }
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
    using Outage = Machine::Outage;
    auto& outage = machine.outages[lan];
    // Of keepalived the carrier alone is played.
    if (!in && !machine.keepalived)
        outage = random.pick({Outage::no_carrier, Outage::down, Outage::renamed, Outage::deleted});
    constexpr std::array words{"no carrier", "gone down", "another name", "been deleted"};
    const auto name = concat("eth", lan);
    deed(concat(machine.node->name, ": ", name,
                in ? " is as it was" : concat(" has ", words.at(static_cast<std::size_t>(outage)))));
    machine.plugged[lan] = in;
    auto& kernel = machine.node->kernel;
    const auto renamed = concat("away", lan);
    switch (outage) {
        case Outage::no_carrier: world.tell(*machine.node, kernel.set_link(name, true, in)); break;
        case Outage::down: world.tell(*machine.node, kernel.set_link(name, in, in)); break;
        case Outage::renamed:
            world.tell(*machine.node,
                       in ? kernel.rename_link(renamed, name) : kernel.rename_link(name, renamed));
            break;
        case Outage::deleted:
            if (in) {
                add_link(machine, lan);
            } else {
                world.tell(*machine.node, kernel.remove_link(name));
            }
    }
    update_calm();
}

void Stage::mute(Machine& machine, bool on) {
    if (machine.node->mute == on) return;
    deed(concat(machine.node->name, on ? " cannot send" : " can send again"));
    machine.node->mute = on;
    update_calm();
}

void Stage::deafen(Machine& machine, unsigned lan, bool on) {
    if (machine.deaf[lan] == on || machine.keepalived) return;
    deed(concat(machine.node->name, on ? " hears nothing on lan" : " hears again on lan", lan));
    machine.deaf[lan] = on;
    tell_hearing(machine, lan);
    update_calm();
}

void Stage::tell_hearing(Machine& machine, unsigned lan) {
    for (const auto& instance : machine.settings.instances) {
        if (instance.interface == concat("eth", lan))
            world.tell(*machine.node, HearingChanged{instance.name, machine.deaf[lan] ? "no socket" : ""});
    }
}

void Stage::stranger(std::size_t k, std::uint8_t priority) {
    note(concat("a stranger advertises priority ", priority, " under the VRID of VI_", k + 1));
    for (auto& machine : machines) {
        const auto& own = machine.settings.instances[k];
        const unsigned lan = lan_number(own.interface);
        if (machine.keepalived || !machine.acts() || !machine.plugged[lan] || machine.deaf[lan]) continue;
        const auto from = test::ip(stranger_address(scenario, lan, 0));
        const auto to = own.unicast_peers.empty() ? vrrp::multicast_group(scenario.family)
                                                  : test::ip(own_address(scenario, machine.index, lan));
        vrrp::Advert advert;
        advert.version = own.version;
        advert.virtual_router_id = own.virtual_router_id;
        advert.priority = priority;
        advert.interval = own.advert_interval;
        advert.addresses = {test::ip(stranger_address(scenario, lan, 1))};
        const auto message = vrrp::encode(advert, from, to, vrrp::ChecksumForm::pseudo_header);
        world.tell(*machine.node,
                   PacketReceived{machine.node->kernel.link(own.interface)->index, from, to, 255, message});
    }
    world.run_until(now());
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
        for (unsigned lan = 0; lan < scenario.lans; ++lan)
            deafen(machine, lan, false);
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
