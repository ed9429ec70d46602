// SPDX-License-Identifier: Apache-2.0
// What the threads tell each other, over bounded queues (design: the service thread may stall for
// seconds, and adverts still leave on time). The plugin thread is not the service thread, so that a log that
// hangs does not blind the checks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/bus/outbox.hpp"
#include "agent/bus/request.hpp"
#include "agent/config/plan.hpp"
#include "agent/core/action.hpp"
#include "agent/core/input.hpp"
#include "agent/notify/events.hpp"
#include "agent/platform/spsc_queue.hpp"
#include "agent/platform/wakeup.hpp"
#include "agent/plugin/order.hpp"
#include "agent/plugin/status.hpp"

namespace regent::app {

/// The first turn is done: configuration and kernel are known to the engine, and what came of it is told.
struct EngineReady {};

/// All instances as they are now: something that was told of them before found no room.
struct AllInstances {
    std::vector<core::InstanceStatus> instances;
};

/// What an instance has counted; once a second, while there is room for what is told only once.
struct InstanceCounters {
    std::string instance;
    core::Counters counters;
};

/// Whether the node is in maintenance, and why; when that has changed.
struct MaintenanceIs {
    std::optional<std::string> reason;
};

/// The checks that count as what an operator says; when that has changed.
struct OverridesAre {
    std::vector<core::Memory::Override> overrides;
};

/// From the engine and the plugin thread: what the outside is to see.
struct Report {
    Instant at;
    std::variant<core::PublishState, core::Transition, core::Forget, core::OperatorAnswer, core::PassOn,
                 core::Log, AllInstances, InstanceCounters, MaintenanceIs, OverridesAre, plugin::Status,
                 plugin::OrderAnswer, plugin::Incident, EngineReady>
        what;
};

/// For the plugin thread: what is to be checked and who is to be told, what has happened, or what an operator
/// asks.
using PluginCommand = std::variant<std::shared_ptr<const config::Plan>, notify::Event, plugin::Order>;

/// Nobody waits for anybody: a full queue drops what was to be pushed and counts it.
struct Channels {
    static constexpr std::size_t reports_capacity = 8192;
    static constexpr std::size_t commands_capacity = 64;
    static constexpr std::size_t verdicts_capacity = 4096;
    static constexpr std::size_t plugin_commands_capacity = 4096;
    static constexpr std::size_t plugin_reports_capacity = 4096;

    static constexpr std::size_t bus_requests_capacity = 64;
    static constexpr std::size_t bus_reports_capacity = 256;
    static constexpr std::size_t record_reports_capacity = 64;

    Channels(platform::Wakeup engine, platform::Wakeup service, platform::Wakeup plugins,
             platform::Wakeup bus)
        : wake_engine(std::move(engine)),
          wake_service(std::move(service)),
          wake_plugins(std::move(plugins)),
          outbox(std::move(bus)) {}

    platform::SpscQueue<core::Input> commands{commands_capacity};                  ///< service to engine
    platform::SpscQueue<Report> reports{reports_capacity};                         ///< engine to service
    platform::SpscQueue<core::Input> verdicts{verdicts_capacity};                  ///< plugins to engine
    platform::SpscQueue<PluginCommand> plugin_commands{plugin_commands_capacity};  ///< service to plugins
    platform::SpscQueue<Report> plugin_reports{plugin_reports_capacity};           ///< plugins to service
    platform::SpscQueue<bus::Request> bus_requests{bus_requests_capacity};         ///< bus to service
    platform::SpscQueue<Report> bus_reports{bus_reports_capacity};                 ///< bus to service
    platform::SpscQueue<Report> record_reports{record_reports_capacity};           ///< recorder to service
    platform::Wakeup wake_engine;
    platform::Wakeup wake_service;
    platform::Wakeup wake_plugins;
    bus::Outbox outbox;  ///< service to bus

    /// Why the engine ended, empty when it was asked to. Written before `engine_ended`, which no full queue
    /// can lose.
    std::string engine_failure;
    bool to_be_resumed = false;  ///< the next run has until the peers miss this one; as `engine_failure`
    std::atomic<bool> engine_ended{false};

    std::atomic<std::uint64_t> service_progress{0};  ///< counted by the service thread at its work
    std::atomic<std::uint64_t> service_stalls{0};    ///< rules.md 20, counted by the engine

    /// The plugin thread ends when all events are delivered, and at this moment (ns of CLOCK_MONOTONIC) at
    /// the latest. 0: it goes on.
    std::atomic<std::int64_t> finish_plugins_by{0};
    std::atomic<bool> plugins_ended{false};

    /// The bus thread is not needed any more.
    std::atomic<bool> finish_bus{false};
    std::atomic<bool> bus_ended{false};
};

}  // namespace regent::app
