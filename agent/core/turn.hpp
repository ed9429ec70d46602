// SPDX-License-Identifier: Apache-2.0
// What the parts of the engine share while one input is handled.
#pragma once

#include <cstdint>
#include <set>

#include "agent/base/time.hpp"
#include "agent/core/action.hpp"
#include "agent/core/address_plan.hpp"
#include "agent/core/announcer.hpp"
#include "agent/core/discard_log.hpp"
#include "agent/core/health.hpp"
#include "agent/core/kernel_view.hpp"
#include "agent/core/lateness.hpp"

namespace regent::core {

struct Turn {
    Instant now;
    Actions& actions;
    const KernelView& kernel;
    const Health& health;
    AddressPlan& plan;
    Announcer& announcer;
    DiscardLog& discards;
    Lateness& lateness;
    std::uint64_t& sequence;                   ///< of the last Transition
    std::set<AddressPlan::Owner>& to_publish;  ///< routers that look different now
    std::set<AddressPlan::Owner>& sent;        ///< routers whose advertisement is on its way out

    void log(LogLevel level, const std::string& instance, std::string text) {
        actions.push_back(Log{level, instance, std::move(text)});
    }
    /// `id` is that of an OperatorCommand.
    void answer(std::uint64_t id, OperatorAnswer::Outcome outcome, std::string text) {
        actions.push_back(OperatorAnswer{id, outcome, std::move(text)});
    }
};

}  // namespace regent::core
