// SPDX-License-Identifier: Apache-2.0
// The engine: all state of regent's protocol side, driven only by inputs and by time that is passed in.
#pragma once

#include <memory>
#include <optional>

#include "agent/base/time.hpp"
#include "agent/core/action.hpp"
#include "agent/core/input.hpp"
#include "agent/core/status.hpp"

namespace regent::core {

/// Deterministic: the same inputs at the same instants give the same actions. Not thread-safe; the engine
/// thread owns it. Starts empty: the first ConfigApplied and the first KernelSnapshot, in any order, bring it
/// to life.
class Engine {
  public:
    Engine();
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Handles one input. `now` never goes back. Due timers are handled by TimerFired only.
    Actions step(const Input& input, Instant now);

    /// When the next TimerFired is wanted; in the past when one is overdue.
    std::optional<Instant> next_deadline() const;

    std::vector<InstanceStatus> status() const;
    /// nullopt: no instance of that name.
    std::optional<Counters> counters(const std::string& instance) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace regent::core
