// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/storm.hpp"

#include "agent/base/text.hpp"

namespace regent::sim {

using namespace core;
using namespace std::chrono_literals;
using Kind = OperatorCommand::Kind;

Duration Storm::while_long() {
    const Duration interval = stage_.scenario.interval;
    return random_.between(interval / 4, interval * random_.pick({1, 3, 4, 8})) +
           (random_.percent(30) ? random_.between(0ns, 3s) : Duration::zero());
}

VirtualAddress Storm::any_address(const Machine& machine) {
    auto settings = machine.settings;
    return random_.pick(random_.pick(settings.instances).addresses);
}

void Storm::begin() {
    if (random_.percent(10)) {
        auto& machine = any();
        const auto address = any_address(machine);
        stage_.note(concat(machine.node->name, " has ", address.address, " already"));
        stage_.world.tell(*machine.node,
                          machine.node->kernel.add_by_hand(address.device, address.address, address.prefix));
    }
    const bool together = random_.percent(50);
    for (auto& machine : stage_.machines) {
        const Duration after = together ? random_.between(0ns, 1ms) : random_.between(0ns, 2s);
        stage_.later(after, [&] { stage_.start(machine, Stage::Start::fresh); });
    }
    stage_.run_for(2s);
}

void Storm::rage() {
    const unsigned troubles = random_.between(2, 8);
    const Duration lasts = random_.between(5 * stage_.scenario.interval, 20 * stage_.scenario.interval) +
                           random_.between(0ns, 3s);
    stage_.note(concat("a storm of ", troubles, " troubles for ", to_text(lasts)));
    for (unsigned i = 0; i < troubles; ++i)
        stage_.later(random_.between(0ns, lasts), [this] { anything(); });
    stage_.run_for(lasts);
}

void Storm::strike() {
    stage_.note("one trouble");
    if (random_.percent(50)) {
        machine_trouble(while_long());
    } else {
        agent_trouble(while_long());
    }
    stage_.run_for(6 * stage_.scenario.interval + random_.between(0ns, 4s));
}

void Storm::anything() {
    const Duration lasts = while_long();
    switch (random_.below(3)) {
        case 0: return network_trouble(lasts);
        case 1: return machine_trouble(lasts);
        default: return agent_trouble(lasts);
    }
}

void Storm::network_trouble(Duration lasts) {
    const unsigned lan = any_lan();
    auto& from = any();
    auto& to = any();
    switch (random_.below(5)) {
        case 0:
            stage_.impair(lan, {random_.between(0, 60), random_.between(0, 30),
                                random_.between(0ns, stage_.scenario.interval * 3 / 2)});
            return stage_.later(lasts, [this, lan] { stage_.mend(lan); });
        case 1:
            stage_.cut(lan, from, to);
            return stage_.later(lasts, [&, lan] { stage_.join(lan, from, to); });
        case 2:
            for (auto& other : stage_.machines) {
                stage_.cut(lan, from, other);
                stage_.cut(lan, other, from);
                stage_.later(lasts,
                             [&, lan] { stage_.join(lan, from, other), stage_.join(lan, other, from); });
            }
            return;
        case 3: return stranger(lasts);
        default:
            stage_.plug(from, lan, false);
            stage_.later(lasts, [&, lan] { stage_.plug(from, lan, true); });
    }
}

void Storm::stranger(Duration lasts) {
    const auto k = static_cast<std::size_t>(random_.below(stage_.scenario.instances()));
    const auto priority = random_.pick<std::uint8_t>({0, 1, 100, 254, 255});
    constexpr int most = 20;
    for (int i = 0; i < most && i * stage_.scenario.interval <= lasts; ++i)
        stage_.later(i * stage_.scenario.interval, [=, this] { stage_.stranger(k, priority); });
}

void Storm::pause(Machine& machine, bool frozen, Duration lasts) {
    const bool overrun = random_.percent(25);
    const bool deaf = random_.percent(10);
    stage_.pause(machine, frozen);
    if (overrun && random_.percent(50)) {
        const auto address = any_address(machine);
        stage_.later(lasts / 2, [&, address] { stage_.steal(machine, address, true); });
    }
    stage_.later(lasts, [&, overrun, deaf] {
        if (overrun) {
            stage_.wake_after_overrun(machine, deaf);
        } else {
            stage_.wake(machine);
        }
    });
}

void Storm::restart(Machine& machine) {
    const bool resume = random_.percent(75);
    const Duration after = random_.percent(60) ? random_.between(1ms, peer_down() * 9 / 10)
                                               : random_.between(peer_down(), 3 * peer_down());
    stage_.later(after, [&, resume] {
        if (!machine.node->runs()) stage_.start(machine, resume ? Stage::Start::resume : Stage::Start::fresh);
    });
}

void Storm::machine_trouble(Duration lasts) {
    auto& machine = any();
    switch (random_.below(9)) {
        case 8: {
            const unsigned lan = any_lan();
            stage_.deafen(machine, lan, true);
            return stage_.later(lasts, [&, lan] { stage_.deafen(machine, lan, false); });
        }
        case 7:
            stage_.trap(machine);
            return stage_.later(stage_.scenario.interval + lasts, [&] { stage_.wake(machine); });
        case 0: return pause(machine, false, lasts);
        case 1: return pause(machine, true, lasts);
        case 2: stage_.crash(machine); return restart(machine);
        case 3: stage_.reboot(machine); return restart(machine);
        case 4: return stage_.steal(machine, any_address(machine), random_.percent(60));
        case 5: return refuse(machine, lasts);
        default: stage_.mute(machine, true); stage_.later(lasts, [&] { stage_.mute(machine, false); });
    }
}

void Storm::agent_trouble(Duration lasts) {
    auto& machine = any();
    switch (random_.below(6)) {
        case 0:
            stage_.stop(machine);
            if (random_.percent(10)) stage_.later(lasts / 4, [&] { stage_.stop(machine); });
            return restart(machine);
        case 1: stage_.suspend(machine); return restart(machine);
        case 2: return change_settings(machine);
        case 3: return flap_check(machine);
        default: return operate(machine, lasts);
    }
}

void Storm::refuse(Machine& machine, Duration lasts) {
    const auto address = any_address(machine);
    const bool everywhere = random_.percent(30);
    for (auto& other : stage_.machines) {
        if (everywhere || &other == &machine) stage_.refuse(other, address);
    }
    if (random_.percent(50)) stage_.steal(machine, address, true);
    stage_.later(lasts, [this] {
        for (auto& other : stage_.machines)
            stage_.accept_all(other);
    });
}

void Storm::flap_check(Machine& machine) {
    const unsigned times = random_.between(1, 5);
    const Duration step = random_.between(1ms, stage_.scenario.interval);
    const auto bad = random_.percent(60) ? CheckState::down : CheckState::unknown;
    for (unsigned i = 0; i < times; ++i)
        stage_.later(i * step, [&, i, bad] { stage_.verdict(machine, i % 2 == 0 ? bad : CheckState::up); });
}

void Storm::change_settings(Machine& machine) {
    auto settings = machine.settings;
    switch (random_.below(3)) {
        case 0: {
            const auto priority = static_cast<std::uint8_t>(random_.between(2, 254));
            for (auto& instance : settings.instances)
                instance.priority = priority;
            return stage_.reload(machine, settings, concat("priority ", priority));
        }
        case 1:
            for (auto& instance : settings.instances)
                instance.preempt = !instance.preempt;
            return stage_.reload(machine, settings, "preempt the other way round");
        default: {
            // One machine first, the others a little later; heal() takes it away again.
            const auto spare = spare_address(stage_.scenario, settings.instances.front());
            for (auto& other : stage_.machines) {
                stage_.later(&other == &machine ? 0ns : random_.between(0ns, 3s), [&, spare] {
                    auto changed = other.settings;
                    auto& addresses = changed.instances.front().addresses;
                    if (std::find(addresses.begin(), addresses.end(), spare) != addresses.end()) return;
                    addresses.push_back(spare);
                    stage_.reload(other, changed, concat("with ", spare.address));
                });
            }
        }
    }
}

void Storm::operate(Machine& machine, Duration lasts) {
    if (random_.percent(20)) return stage_.command(machine, Kind::announce);
    if (random_.percent(25)) return stage_.override_check(machine, random_.percent(40), lasts);
    const bool maintenance = random_.percent(40);
    stage_.command(machine, maintenance ? Kind::maintenance_on : Kind::handover);
    if (random_.percent(60)) {
        stage_.later(lasts, [&, maintenance] {
            stage_.command(machine, maintenance ? Kind::maintenance_off : Kind::release);
        });
    }
}

}  // namespace regent::sim
