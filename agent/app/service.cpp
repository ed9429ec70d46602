// SPDX-License-Identifier: Apache-2.0
#include "agent/app/service.hpp"

#include <csignal>
#include <fmt/core.h>
#include <memory>
#include <new>
#include <optional>
#include <sstream>

#include "agent/app/service_stall.hpp"
#include "agent/app/status_line.hpp"
#include "agent/base/text.hpp"
#include "agent/config/source_text.hpp"
#include "agent/platform/clock.hpp"
#include "agent/plugin/message_text.hpp"

namespace regent::app {
namespace {

/// Nothing: it is not the plugin thread's to do.
std::optional<plugin::Order::Kind> order_kind(core::OperatorCommand::Kind kind) {
    using Kind = core::OperatorCommand::Kind;
    switch (kind) {
        case Kind::run_check: return plugin::Order::Kind::run_check;
        case Kind::test_notifier: return plugin::Order::Kind::test_notifier;
        case Kind::restart_plugin: return plugin::Order::Kind::restart_plugin;
        default: return std::nullopt;
    }
}

std::string describe(const bus::Caller& caller) {
    return fmt::format("uid {}, {}, pid {}", caller.uid, caller.process.empty() ? "?" : caller.process,
                       caller.pid);
}

// systemd takes no notification of 4096 bytes or more: all of it would be lost, and an old status stay.
constexpr std::size_t longest_status = 4000;

std::string shortened(std::string line) {
    constexpr std::string_view mark = "…";
    if (line.size() <= longest_status) return line;
    return plugin::fit(line, longest_status - mark.size()) + std::string(mark);
}

/// Why a file was not applied. What is wrong in it is a matter of its own.
std::string refusal(const std::vector<config::Diagnostic>& diagnostics) {
    // Nothing of it has been read, so there is no other.
    if (diagnostics.size() == 1 && diagnostics.front().code == "unreadable")
        return diagnostics.front().message;
    return "it has errors";
}

// Of a clean stop: the addresses are gone by then, and systemd waits.
constexpr Duration last_deliveries_within = std::chrono::seconds(2);

}  // namespace

Service::Service(const Options& options, plugin::Catalog& catalog, Channels& channels,
                 platform::EventLoop loop, platform::NotifySocket manager)
    : options_(options),
      catalog_(catalog),
      channels_(channels),
      loop_(std::move(loop)),
      manager_(std::move(manager)),
      sink_(options.log),
      kept_(options.run_dir, options.config),
      views_(channels.outbox, REGENT_VERSION, options.config.string()) {}

Result<void> Service::run() {
    if (auto done = loop_.watch(channels_.wake_service.fd(), [this] { drain_reports(); }); !done) return done;
    if (auto done = loop_.watch_signal(SIGHUP,
                                       [this] {
                                           channels_.outbox.tell(bus::Answer{0, reload()});
                                       });
        !done)
        return done;
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
    note_progress();
    const bool ended = channels_.engine_ended.load(std::memory_order_acquire);
    while (const auto report = channels_.reports.try_pop())
        show(*report);
    while (const auto report = channels_.plugin_reports.try_pop())
        show(*report);
    while (const auto report = channels_.bus_reports.try_pop())
        show(*report);
    while (const auto report = channels_.record_reports.try_pop())
        show(*report);
    take_requests();
    const auto dropped = channels_.reports.dropped();
    if (dropped != drops_told_) {
        log(core::LogLevel::warning,
            fmt::format("{} messages of the engine were dropped: the log could not keep up",
                        dropped - drops_told_));
        drops_told_ = dropped;
    }
    tell_stalls();
    update_status();
    if (ended) end();
}

void Service::tell_stalls() {
    const auto stalls = channels_.service_stalls.load(std::memory_order_relaxed);
    if (stalls == stalls_told_) return;
    log(core::LogLevel::warning,
        fmt::format(
            "the service thread has stalled for more than {} s: log, D-Bus, notifiers and reloads have "
            "waited",
            ServiceStall::limit / std::chrono::seconds(1)));
    stalls_told_ = stalls;
}

void Service::end() {
    if (channels_.plugins_ended.load(std::memory_order_acquire)) return loop_.quit();
    if (channels_.finish_plugins_by.load(std::memory_order_relaxed) != 0) return;
    // What is not delivered yet is lost with a crash, too; who waits for it does not come back in time.
    const Instant by =
        platform::now() + (channels_.to_be_resumed ? Duration::zero() : last_deliveries_within);
    channels_.finish_plugins_by.store(by.time_since_epoch().count(), std::memory_order_release);
    channels_.wake_plugins.signal();
}

void Service::note_progress() {
    channels_.service_progress.fetch_add(1, std::memory_order_relaxed);
}

void Service::show(const Report& report) {
    note_progress();
    if (const auto* message = std::get_if<core::Log>(&report.what)) sink_.write(*message, report.at);
    if (const auto* state = std::get_if<core::PublishState>(&report.what)) show(state->status);
    if (const auto* all = std::get_if<AllInstances>(&report.what)) show(*all);
    if (const auto* counted = std::get_if<InstanceCounters>(&report.what))
        views_.count(counted->instance, counted->counters);
    if (const auto* status = std::get_if<plugin::Status>(&report.what)) views_.show(*status);
    if (const auto* maintenance = std::get_if<MaintenanceIs>(&report.what)) show(*maintenance);
    if (const auto* overridden = std::get_if<OverridesAre>(&report.what))
        views_.set_overrides(overridden->overrides);
    if (const auto* answer = std::get_if<core::OperatorAnswer>(&report.what))
        channels_.outbox.tell(bus::Answer{answer->id, *answer});
    if (const auto* answer = std::get_if<plugin::OrderAnswer>(&report.what))
        channels_.outbox.tell(bus::Answer{answer->id, *answer});
    if (const auto* passed_on = std::get_if<core::PassOn>(&report.what)) obey(passed_on->command);
    if (const auto* incident = std::get_if<plugin::Incident>(&report.what)) channels_.outbox.tell(*incident);
    if (const auto* change = std::get_if<core::Transition>(&report.what)) tell(events_.transition(*change));
    if (const auto* gone = std::get_if<core::Forget>(&report.what)) forget(gone->instance);
    if (std::holds_alternative<EngineReady>(report.what)) {
        channels_.outbox.tell_whole();
        say_ready();
    }
}

void Service::show(const core::InstanceStatus& status) {
    instances_[status.name] = status;
    views_.show(status);
}

void Service::show(const AllInstances& all) {
    auto gone = instances_;
    for (const auto& status : all.instances) {
        gone.erase(status.name);
        show(status);
        tell(events_.catch_up(status));
    }
    for (const auto& [name, status] : gone)
        forget(name);
}

void Service::show(const MaintenanceIs& maintenance) {
    maintenance_ = maintenance.reason;
    views_.set_maintenance(maintenance_);
}

void Service::forget(const std::string& instance) {
    instances_.erase(instance);
    tell(events_.forget({instance}));
    views_.forget(instance);  // after its last word, which its object tells
}

void Service::take_requests() {
    while (auto request = channels_.bus_requests.try_pop())
        submit(std::move(*request));
}

void Service::submit(bus::Request request) {
    request.command.who = describe(request.caller);
    const auto id = request.command.id;
    if (command(std::move(request.command))) return;
    channels_.outbox.tell(bus::Answer{
        id, core::OperatorAnswer{id, core::OperatorAnswer::Outcome::busy, "the engine takes no commands"}});
}

void Service::obey(const core::OperatorCommand& command) {
    const auto kind = order_kind(command.kind);
    if (!kind) return channels_.outbox.tell(bus::Answer{command.id, reload()});
    if (plugin_command(plugin::Order{command.id, *kind, command.target, "asked for by " + command.who,
                                     platform::wall_clock()}))
        return;
    channels_.outbox.tell(bus::Answer{
        command.id,
        plugin::OrderAnswer{
            command.id, plugin::OrderAnswer::Outcome::busy, {}, "the plugin thread takes no commands"}});
}

bool Service::apply(const config::Loaded& loaded) {
    log_diagnostics(loaded.diagnostics);
    if (!loaded.settings) {
        refuse(refusal(loaded.diagnostics));
        return false;
    }
    if (!command(core::ConfigApplied{std::make_shared<const core::Settings>(*loaded.settings)})) {
        refuse("the engine takes no commands now");
        return false;
    }
    reload_problem_.clear();
    use(loaded);
    return true;
}

void Service::refuse(std::string_view why) {
    reload_problem_ = fmt::format("{} was not applied, the configuration before it runs on: {}",
                                  config::printable(options_.config.string()), why);
    log(core::LogLevel::error, reload_problem_);
    views_.set_problem(reload_problem_);
}

bus::ReloadAnswer Service::reload() {
    bus::ReloadAnswer answer;
    manager_.send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                              platform::now().time_since_epoch() / std::chrono::microseconds(1)));
    try {
        const auto loaded = config::load_file(options_.config, catalog_.capabilities());
        answer = {apply(loaded), loaded.diagnostics};
    } catch (const std::bad_alloc&) {
        // A file can ask for more than there is. That must not cost the addresses.
        refuse("there is no memory to read it");
    }
    say_ready();
    update_status();
    return answer;
}

void Service::use(const config::Loaded& loaded) {
    events_.configure(*loaded.settings);
    views_.configure(loaded);
    plugin_command(std::make_shared<const config::Plan>(loaded.plan));
    keep(loaded.text);
}

void Service::keep(const std::string& text) {
    const auto done = kept_.keep(text);
    const auto problem = done ? std::string() : done.error().text;
    if (!problem.empty() && problem != not_kept_)
        log(core::LogLevel::warning,
            fmt::format("after a crash the file on disk will count, even a broken one: {}", problem));
    not_kept_ = problem;
}

void Service::start_without_file(const std::vector<config::Diagnostic>& diagnostics) {
    log_diagnostics(diagnostics);
    refuse(refusal(diagnostics));
}

bool Service::plugin_command(PluginCommand command) {
    const bool taken = channels_.plugin_commands.try_push(std::move(command));
    if (!taken) log(core::LogLevel::error, "the plugin thread does not take commands: its queue is full");
    channels_.wake_plugins.signal();
    return taken;
}

void Service::tell(std::vector<notify::Event> events) {
    for (auto& event : events)
        event.wall_ns = platform::wall_clock();
    views_.tell(events);
    for (auto& event : events)
        plugin_command(std::move(event));
}

bool Service::command(core::Input input) {
    const bool taken = channels_.commands.try_push(std::move(input));
    if (!taken) log(core::LogLevel::error, "the engine does not take commands: its queue is full");
    channels_.wake_engine.signal();
    return taken;
}

void Service::say_ready() {
    ready_owed_ = !manager_.send("READY=1");
}

void Service::update_status() {
    if (ready_owed_) say_ready();
    auto line = status_line(instances_);
    if (maintenance_) line = fmt::format("{}; {}", with_reason("in maintenance", *maintenance_), line);
    if (stalls_told_ > 0) line = fmt::format("stalls of the service thread: {}; {}", stalls_told_, line);
    if (!reload_problem_.empty()) line = fmt::format("{}; {}", reload_problem_, line);
    line = shortened(std::move(line));
    if (line == status_) return;
    if (manager_.send("STATUS=" + line)) status_ = std::move(line);
}

}  // namespace regent::app
