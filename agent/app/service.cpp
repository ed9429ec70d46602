// SPDX-License-Identifier: Apache-2.0
#include "agent/app/service.hpp"

#include <csignal>
#include <fmt/core.h>
#include <memory>
#include <new>
#include <sstream>

#include "agent/app/status_line.hpp"
#include "agent/platform/clock.hpp"

namespace regent::app {
namespace {

// Of a clean stop: the addresses are gone by then, and systemd waits.
constexpr Duration last_deliveries_within = std::chrono::seconds(2);

}  // namespace

Result<void> Service::run() {
    if (auto done = loop_.watch(channels_.wake_service.fd(), [this] { drain_reports(); }); !done) return done;
    if (auto done = loop_.watch_signal(SIGHUP, [this] { reload(); }); !done) return done;
    if (auto done = loop_.watch_signal(SIGUSR2, [this] { command(core::DumpRequested{}); }); !done)
        return done;
    if (auto done = loop_.run(); !done) return done;
    if (!channels_.engine_failure.empty()) return failure(channels_.engine_failure);
    return {};
}

void Service::log(core::LogLevel level, const std::string& text) const {
    sink_.write(core::Log{level, {}, text}, platform::now());
}

void Service::log_diagnostics(const std::vector<config::Diagnostic>& diagnostics) const {
    for (const auto& diagnostic : diagnostics) {
        const bool is_error = diagnostic.severity == config::Diagnostic::Severity::error;
        std::istringstream lines(config::render({diagnostic}, false));
        for (std::string line; std::getline(lines, line);) {
            log(is_error ? core::LogLevel::error : core::LogLevel::warning, line);
        }
    }
}

void Service::drain_reports() {
    channels_.wake_service.clear();
    const bool ended = channels_.engine_ended.load(std::memory_order_acquire);
    while (const auto report = channels_.reports.try_pop())
        show(*report);
    while (const auto report = channels_.plugin_reports.try_pop())
        show(*report);
    const auto dropped = channels_.reports.dropped();
    if (dropped != drops_told_) {
        log(core::LogLevel::warning,
            fmt::format("{} messages of the engine were dropped: the log could not keep up",
                        dropped - drops_told_));
        drops_told_ = dropped;
    }
    update_status();
    if (ended) end();
}

void Service::end() {
    if (channels_.plugins_ended.load(std::memory_order_acquire)) return loop_.quit();
    if (channels_.finish_plugins_by.load(std::memory_order_relaxed) != 0) return;
    const Instant by = platform::now() + last_deliveries_within;
    channels_.finish_plugins_by.store(by.time_since_epoch().count(), std::memory_order_release);
    channels_.wake_plugins.signal();
}

void Service::show(const Report& report) {
    if (const auto* message = std::get_if<core::Log>(&report.what)) sink_.write(*message, report.at);
    if (const auto* state = std::get_if<core::PublishState>(&report.what)) {
        instances_[state->status.name] = state->status;
    }
    if (const auto* change = std::get_if<core::Transition>(&report.what)) tell(events_.transition(*change));
    if (const auto* gone = std::get_if<core::Forget>(&report.what)) {
        instances_.erase(gone->instance);
        tell(events_.forget(*gone));
    }
    if (std::holds_alternative<EngineReady>(report.what)) say_ready();
}

void Service::apply(const config::Loaded& loaded) {
    log_diagnostics(loaded.diagnostics);
    if (!loaded.settings) return refuse("it has errors");
    reload_problem_.clear();
    command(core::ConfigApplied{std::make_shared<const core::Settings>(*loaded.settings)});
    use(loaded);
}

void Service::refuse(std::string_view why) {
    reload_problem_ = fmt::format("{} was not applied, the configuration before it runs on: {}",
                                  options_.config.string(), why);
    log(core::LogLevel::error, reload_problem_);
}

void Service::reload() {
    manager_.send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                              platform::now().time_since_epoch() / std::chrono::microseconds(1)));
    try {
        apply(config::load_file(options_.config, catalog_.capabilities()));
    } catch (const std::bad_alloc&) {
        // A file can ask for more than there is. That must not cost the addresses.
        refuse("there is no memory to read it");
    }
    say_ready();
    update_status();
}

void Service::use(const config::Loaded& loaded) {
    events_.configure(*loaded.settings);
    plugin_command(std::make_shared<const config::Plan>(loaded.plan));
}

void Service::plugin_command(PluginCommand command) {
    if (!channels_.plugin_commands.try_push(std::move(command))) {
        log(core::LogLevel::error, "the plugin thread does not take commands: its queue is full");
    }
    channels_.wake_plugins.signal();
}

void Service::tell(const std::vector<notify::Event>& events) {
    for (auto event : events) {
        event.wall_ns = platform::wall_clock();
        plugin_command(std::move(event));
    }
}

void Service::command(core::Input input) {
    if (!channels_.commands.try_push(std::move(input))) {
        log(core::LogLevel::error, "the engine does not take commands: its queue is full");
    }
    channels_.wake_engine.signal();
}

void Service::say_ready() {
    ready_owed_ = !manager_.send("READY=1");
}

void Service::update_status() {
    if (ready_owed_) say_ready();
    auto line = status_line(instances_);
    if (!reload_problem_.empty()) line = fmt::format("{}; {}", reload_problem_, line);
    if (line == status_) return;
    if (manager_.send("STATUS=" + line)) status_ = std::move(line);
}

}  // namespace regent::app
