// SPDX-License-Identifier: Apache-2.0
// The service thread: signals, reloads, log, status. It may block for seconds and the engine does not notice.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "agent/app/bus_views.hpp"
#include "agent/app/kept_configuration.hpp"
#include "agent/app/log_sink.hpp"
#include "agent/app/messages.hpp"
#include "agent/app/options.hpp"
#include "agent/base/result.hpp"
#include "agent/config/config.hpp"
#include "agent/notify/events.hpp"
#include "agent/platform/event_loop.hpp"
#include "agent/platform/notify_socket.hpp"

namespace regent::app {

class Service {
  public:
    /// Keeps references to all but the loop and the manager.
    Service(const Options& options, plugin::Catalog& catalog, Channels& channels, platform::EventLoop loop,
            platform::NotifySocket manager);

    /// Runs until the engine has stopped. SIGHUP and SIGUSR2 must be blocked in all threads.
    Result<void> run();

    /// Starts the checks and notifiers of a configuration. Before run() for that of the start.
    void use(const config::Loaded& loaded);
    /// Before run(): the file on disk is not what use() was given, which was in force before a crash.
    void start_without_file(const std::vector<config::Diagnostic>& diagnostics);

    void log(core::LogLevel level, const std::string& text) const;
    /// What a configuration file has to say, each line of it as a message.
    void log_diagnostics(const std::vector<config::Diagnostic>& diagnostics) const;

  private:
    void drain_reports();
    void note_progress();
    void tell_stalls();
    void show(const Report& report);
    void show(const core::InstanceStatus& status);
    void show(const AllInstances& all);
    void show(const MaintenanceIs& maintenance);
    void forget(const std::string& instance);
    void take_requests();
    /// To the engine, which passes on what others do.
    void submit(bus::Request request);
    /// What the engine has passed on.
    void obey(const core::OperatorCommand& command);
    /// Whether the file is in force now, and what was found in it.
    bus::ReloadAnswer reload();
    bool apply(const config::Loaded& loaded);
    void refuse(std::string_view why);
    /// For a start after a crash.
    void keep(const std::string& text);
    /// False: the engine does not take it.
    bool command(core::Input input);
    /// False: the plugin thread does not take it.
    bool plugin_command(PluginCommand command);
    /// What the change means for notifiers.
    void tell(std::vector<notify::Event> events);
    /// After the engine: the plugin thread delivers what is left, within a bound.
    void end();
    void say_ready();
    /// STATUS= where it has changed, and what the manager did not take before: a lost READY=1 would leave the
    /// unit reloading for ever.
    void update_status();

    const Options& options_;
    plugin::Catalog& catalog_;
    Channels& channels_;
    platform::EventLoop loop_;
    platform::NotifySocket manager_;  ///< sd_notify() waits for a manager that does not read
    LogSink sink_;
    KeptConfiguration kept_;
    std::string not_kept_;  ///< why, when that was told last
    BusViews views_;
    notify::EventSource events_;
    std::map<std::string, core::InstanceStatus> instances_;
    std::string status_;  ///< the last that the manager has taken
    bool ready_owed_ = false;
    std::optional<std::string> maintenance_;  ///< the reason
    std::string reload_problem_;              ///< empty: the file on disk is the one that runs
    std::uint64_t drops_told_ = 0;
    std::uint64_t stalls_told_ = 0;
};

}  // namespace regent::app
