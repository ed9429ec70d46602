// SPDX-License-Identifier: Apache-2.0
// regentd: checks everything that can be checked, then starts the threads.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include "agent/app/bus_loop.hpp"
#include "agent/app/engine_loop.hpp"
#include "agent/app/kept_configuration.hpp"
#include "agent/app/log_sink.hpp"
#include "agent/app/options.hpp"
#include "agent/app/plugin_loop.hpp"
#include "agent/app/recorder.hpp"
#include "agent/app/service.hpp"
#include "agent/config/config.hpp"
#include "agent/platform/boot.hpp"
#include "agent/platform/capabilities.hpp"
#include "agent/platform/clock.hpp"
#include "agent/platform/realtime.hpp"
#include "agent/platform/single_instance.hpp"

namespace {

using regent::app::ExitCode;

constexpr auto waiters_leave_within = std::chrono::milliseconds(500);

int complain(ExitCode code, const std::string& text) {
    regent::app::print_error(fmt::format("regentd: {}\n", text));
    return static_cast<int>(code);
}

/// The two event loops take these; every thread inherits the mask.
void block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2})
        sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

/// Runs from its making, and waits for things that may stall: a bus, a disk.
class Waiter {
  public:
    explicit Waiter(std::function<void()> body)
        : thread_([this, body = std::move(body)] {
              body();
              left_.set_value();
          }) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// Ends the thread, which has been told to; or the process, with `code`, when it still waits: nobody else
    /// does that.
    void end(int code) {
        if (left_.get_future().wait_for(waiters_leave_within) != std::future_status::ready) {
            std::fflush(nullptr);
            std::_Exit(code);
        }
        thread_.join();
    }

  private:
    std::promise<void> left_;
    std::thread thread_;
};

/// What the threads run.
struct Parts {
    std::unique_ptr<regent::app::EngineLoop> engine;
    std::unique_ptr<regent::app::PluginLoop> plugins;
    std::unique_ptr<regent::app::BusLoop> bus;
    std::unique_ptr<regent::app::Recorder> recorder;  ///< nullptr: nothing is recorded
};

regent::record::Header header_of(const std::string& node) {
    regent::record::Header header;
    header.version = REGENT_VERSION;
    header.node = node;
    header.boot_id = regent::platform::boot_id();
    header.wall = regent::platform::wall_clock();
    header.at = regent::platform::now();
    return header;
}

regent::Result<Parts> open_parts(const regent::app::Options& options, const regent::core::Settings& settings,
                                 regent::app::Channels& channels) {
    auto engine = regent::app::EngineLoop::open(
        channels, std::make_shared<const regent::core::Settings>(settings), options.run_dir);
    if (!engine) return tl::unexpected(engine.error());
    auto plugins = regent::app::PluginLoop::open(channels, options.plugins.host);
    if (!plugins) return tl::unexpected(plugins.error());
    auto bus = regent::app::BusLoop::open(channels);
    if (!bus) return tl::unexpected(bus.error());
    Parts parts{std::move(*engine), std::move(*plugins), std::move(*bus), nullptr};
    if (!options.record) return parts;
    auto recorder = regent::app::Recorder::open(channels, *options.record, options.record_limit,
                                                header_of(settings.node));
    if (!recorder) return tl::unexpected(recorder.error());
    parts.recorder = std::move(*recorder);
    parts.engine->record_to(*parts.recorder);
    return parts;
}

/// A machine that is busy, or short of something, is no reason to stay down: after a failure the service
/// manager starts again.
int complain(const regent::config::Loaded& refused, const regent::plugin::Catalog& catalog) {
    regent::app::print_error(regent::config::render(refused.diagnostics, false));
    if (catalog.late()) return complain(ExitCode::failure, "a plugin has not described itself in time");
    if (refused.may_pass) return complain(ExitCode::failure, "the configuration was not read");
    return complain(ExitCode::configuration, "the configuration has errors");
}

int complain(const regent::Error& not_permitted) {
    const bool is_forbidden = not_permitted.code == EPERM || not_permitted.code == EACCES;
    return complain(is_forbidden ? ExitCode::permission : ExitCode::failure, not_permitted.text);
}

int run(const regent::app::Options& options) {
    regent::plugin::Catalog catalog(options.plugins);
    const regent::app::KeptConfiguration kept(options.run_dir, options.config);
    const auto [loaded, refused] = regent::app::load_start(options.config, catalog, kept);
    if (!loaded.settings) return complain(loaded, catalog);
    if (const auto permitted = regent::platform::check_permission(); !permitted)
        return complain(permitted.error());
    const auto claim = regent::platform::SingleInstance::claim();
    if (!claim) return complain(ExitCode::failure, claim.error().text);
    // Where it cannot be made the state file cannot either, and that is told.
    std::error_code not_made;
    std::filesystem::create_directories(options.run_dir, not_made);
    block_signals();
    auto wake_engine = regent::platform::Wakeup::open();
    auto wake_service = regent::platform::Wakeup::open();
    auto wake_plugins = regent::platform::Wakeup::open();
    auto wake_bus = regent::platform::Wakeup::open();
    auto loop = regent::platform::EventLoop::open();
    auto manager = regent::platform::NotifySocket::from_environment();
    for (const auto* error :
         {wake_engine ? nullptr : &wake_engine.error(), wake_service ? nullptr : &wake_service.error(),
          wake_plugins ? nullptr : &wake_plugins.error(), wake_bus ? nullptr : &wake_bus.error(),
          loop ? nullptr : &loop.error(), manager ? nullptr : &manager.error()}) {
        if (error) return complain(ExitCode::failure, error->text);
    }
    regent::app::Channels channels(std::move(*wake_engine), std::move(*wake_service),
                                   std::move(*wake_plugins), std::move(*wake_bus));
    const auto parts = open_parts(options, *loaded.settings, channels);
    if (!parts) return complain(ExitCode::failure, parts.error().text);

    regent::app::Service service(options, catalog, channels, std::move(*loop), std::move(*manager));
    service.log_diagnostics(loaded.diagnostics);
    if (options.realtime) {
        if (const auto locked = regent::platform::lock_memory(); !locked) {
            service.log(regent::core::LogLevel::warning, locked.error().text);
        }
    }
    service.use(loaded);
    if (!refused.empty()) service.start_without_file(refused);
    std::optional<Waiter> record_thread;
    if (parts->recorder) record_thread.emplace([&] { parts->recorder->run(); });
    std::jthread engine_thread([&] { parts->engine->run(options.realtime); });
    std::jthread plugin_thread([&] { parts->plugins->run(); });
    Waiter bus_thread([&] { parts->bus->run(); });
    const auto done = service.run();
    if (done && !channels.to_be_resumed) kept.forget();
    const int code = done ? static_cast<int>(ExitCode::ok) : complain(ExitCode::failure, done.error().text);
    channels.finish_bus.store(true, std::memory_order_release);
    channels.outbox.wake();
    if (parts->recorder) parts->recorder->finish(done.has_value());
    bus_thread.end(code);
    if (record_thread) record_thread->end(code);
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    const auto command = regent::app::parse_options(argc, argv);
    if (!command) return complain(ExitCode::usage, command.error().text);
    if (command->run) return run(*command->run);
    fmt::print("{}", command->text);
    return static_cast<int>(ExitCode::ok);
}
