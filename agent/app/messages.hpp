// SPDX-License-Identifier: Apache-2.0
// What the two threads tell each other, over two bounded queues (design: the service thread may stall for
// seconds, and adverts still leave on time).
#pragma once

#include <atomic>
#include <string>
#include <variant>

#include "agent/base/time.hpp"
#include "agent/core/action.hpp"
#include "agent/core/input.hpp"
#include "agent/platform/spsc_queue.hpp"
#include "agent/platform/wakeup.hpp"

namespace regent::app {

/// The first turn is done: configuration and kernel are known to the engine.
struct EngineReady {};

/// From the engine: what the outside is to see.
struct Report {
    Instant at;
    std::variant<core::PublishState, core::Transition, core::Forget, core::OperatorAnswer, core::Log,
                 EngineReady>
        what;
};

/// Both directions. The engine never waits: a full queue to the service drops the report and counts it.
struct Channels {
    static constexpr std::size_t reports_capacity = 8192;
    static constexpr std::size_t commands_capacity = 64;

    Channels(platform::Wakeup engine, platform::Wakeup service)
        : wake_engine(std::move(engine)), wake_service(std::move(service)) {}

    platform::SpscQueue<core::Input> commands{commands_capacity};
    platform::SpscQueue<Report> reports{reports_capacity};
    platform::Wakeup wake_engine;
    platform::Wakeup wake_service;

    /// Why the engine ended, empty when it was asked to. Written before `engine_ended`, which no full queue
    /// can lose.
    std::string engine_failure;
    std::atomic<bool> engine_ended{false};
};

}  // namespace regent::app
