// SPDX-License-Identifier: Apache-2.0
// Engine, from one run of the agent to the next: what is remembered, and what a new run makes of it (rules.md
// 13, 17, 18).
#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/core/engine_state.hpp"

namespace regent::core {
namespace {

constexpr std::size_t resumes_allowed = 3;  // rules.md 17: fewer than these in a minute
constexpr Duration resume_window = std::chrono::minutes(1);

}  // namespace

void Engine::State::on(const Recalled& recalled, Turn& turn) {
    if (settings) return;
    memory = recalled.memory;
    std::erase_if(memory.resumes, [&](Instant at) { return at > turn.now || at < turn.now - resume_window; });
    std::set<AddressKey> held;
    for (const auto& router : memory.routers) {
        if (router.master) held.insert(router.addresses.begin(), router.addresses.end());
    }
    plan.recall(std::move(held));
    health.recall(memory.checks, memory.overrides);
    maintenance = memory.maintenance;
    may_resume = true;
}

/// Once, when configuration and kernel are known: each group goes on as it was, or starts anew.
void Engine::State::resume(Turn& turn) {
    may_resume = false;
    const bool was_master = std::any_of(memory.routers.begin(), memory.routers.end(),
                                        [](const auto& router) { return router.master; });
    const bool looping = memory.resumes.size() >= resumes_allowed;
    if (looping && was_master) {
        turn.log(LogLevel::error, {},
                 concat("Not resuming as MASTER: ", memory.resumes.size(),
                        " resumes within a minute; the agent crashes, see its log"));
    }
    bool any = false;
    for (auto& [id, group] : groups) {
        const auto& members = group->members();
        const bool held = std::any_of(members.begin(), members.end(), [&](const auto* member) {
            const auto* record = memory.find(key_of(member->settings()));
            return record && record->held;
        });
        if (held) group->set_held();
        if (was_master && !looping && group->resume(memory, turn)) any = true;
        schedule(id, turn.now);
    }
    if (any) memory.resumes.push_back(turn.now);
    all_due = true;
}

/// Tells what the state file is to hold, if that has changed.
void Engine::State::remember(Turn& turn) {
    Memory now;
    std::uint32_t slot = 0;
    for (auto& [id, router] : routers) {
        router->set_slot(slot++);
        now.routers.push_back(router->remember());
        now.routers.back().held = groups.at(group_of.at(id))->held();
    }
    now.checks = health.remember();
    now.resumes = memory.resumes;
    now.maintenance = maintenance;
    now.overrides = health.overrides();
    if (remembered && now.same_but_for_adverts(memory)) return;
    remembered = true;
    memory = std::move(now);
    turn.actions.push_back(Remember{memory});
}

void Engine::State::on(const SuspendRequested&, Turn& turn) {
    if (stopping) return;
    stopping = suspending = true;
    turn.log(LogLevel::notice, {}, "Leaving everything in place, to be resumed by the next run");
    if (!ready()) {
        stop_told = true;
        turn.actions.push_back(Stopped{});
        return;
    }
    // The next run has until the peers miss this one.
    for (auto& [id, group] : groups)
        group->suspend(turn);
    all_due = true;
}

void Engine::State::suspend(Turn& turn) {
    all_due = false;
    to_publish.clear();
    confirm_adverts(turn);
    remember(turn);
    if (!stop_told) turn.actions.push_back(Stopped{});
    stop_told = true;
}

}  // namespace regent::core
