// SPDX-License-Identifier: Apache-2.0
// Engine, the full state as lines of the log (rules.md 18).
#include "agent/base/text.hpp"
#include "agent/core/engine_state.hpp"

namespace regent::core {
namespace {

std::string_view to_string(Health::State state) {
    switch (state) {
        case Health::State::pending: return "PENDING";
        case Health::State::up: return "UP";
        case Health::State::down: return "DOWN";
        case Health::State::ignored: return "ignored";
        case Health::State::overdue: return "overdue";
    }
    return "PENDING";
}

std::string marks_of(const InstanceStatus& status) {
    std::string marks;
    if (!status.group.empty()) marks += concat("; group ", status.group);
    if (status.held) marks += "; held until it is released";
    if (status.degraded) marks += "; degraded";
    if (status.last_resort) marks += concat("; last resort: ", status.last_resort_cause);
    return marks;
}

}  // namespace

void Engine::State::on(const DumpRequested&, Turn& turn) {
    if (maintenance) turn.log(LogLevel::info, {}, with_reason("in maintenance", *maintenance));
    for (const auto& [id, router] : routers) {
        const auto status = status_of(*router, turn);
        const auto& counters = router->counters();
        std::string text = concat(
            vrrp::to_string(status.state), ", priority ", status.effective_priority, " (", status.priority,
            "), ", status.reason, "; for ", to_text(turn.now - status.since), "; ", status.addresses.size(),
            " addresses held", marks_of(status), "; adverts sent ", counters.adverts_sent, ", received ",
            counters.adverts_received, "; became master ", counters.became_master, " times");
        if (status.master) text += concat("; master is ", *status.master);
        if (counters.send_failures > 0)
            text += concat("; adverts that could not leave ", counters.send_failures);
        if (counters.address_repairs > 0) text += concat("; addresses put back ", counters.address_repairs);
        for (std::size_t i = 0; i < vrrp::discard_count; ++i) {
            if (counters.discarded[i] == 0) continue;
            text += concat("; discarded ", counters.discarded[i], " ", vrrp::to_string(vrrp::Discard(i)));
        }
        turn.log(LogLevel::info, router->name(), std::move(text));
    }
    for (std::size_t i = 0; i < vrrp::discard_count; ++i) {
        if (unclaimed_discards[i] == 0) continue;
        turn.log(LogLevel::info, {},
                 concat("for no instance: discarded ", unclaimed_discards[i], " ",
                        vrrp::to_string(vrrp::Discard(i))));
    }
    if (!settings) return;
    for (const auto& check : settings->checks) {
        const auto judgement = health.judge(check.name);
        turn.log(LogLevel::info, {},
                 with_reason(concat("check ", check.name, ": ", to_string(judgement.state),
                                    judgement.stale ? ", stale" : ""),
                             judgement.message));
    }
}

}  // namespace regent::core
