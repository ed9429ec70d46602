// SPDX-License-Identifier: Apache-2.0
// The engine thread: the engine, its sockets, and the turn that binds them (rules.md 1). Nothing here may
// block, write a file, or wait for the service thread.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/app/leftover_routes.hpp"
#include "agent/app/listen_plan.hpp"
#include "agent/app/messages.hpp"
#include "agent/app/recorder.hpp"
#include "agent/app/service_stall.hpp"
#include "agent/base/result.hpp"
#include "agent/core/engine.hpp"
#include "agent/platform/ah_socket.hpp"
#include "agent/platform/event_loop.hpp"
#include "agent/platform/netlink_monitor.hpp"
#include "agent/platform/netlink_worker.hpp"
#include "agent/platform/notify_socket.hpp"
#include "agent/platform/packet_socket.hpp"
#include "agent/platform/state_file.hpp"
#include "agent/platform/vrrp_sockets.hpp"

namespace regent::app {

class EngineLoop {
  public:
    /// Opens everything that needs a privilege. Called on the main thread, before the engine thread starts.
    /// `run_dir` holds the state file; where that cannot be made, a crash is not resumed from, and the log
    /// says so.
    static Result<std::unique_ptr<EngineLoop>> open(Channels& channels,
                                                    std::shared_ptr<const core::Settings> settings,
                                                    const std::filesystem::path& run_dir);

    /// Before run(): everything that happens to the engine is handed to `recorder`, which outlives the loop.
    void record_to(Recorder& recorder) { recorder_ = &recorder; }

    /// The body of the engine thread: runs until the engine has stopped. SIGTERM and SIGINT must be blocked.
    void run(bool realtime);

  private:
    struct Parts {
        platform::EventLoop loop;
        platform::VrrpSockets sockets;
        Result<platform::AhSocket> ah;
        platform::PacketSocket packets;
        platform::NetlinkMonitor monitor;
        std::unique_ptr<platform::NetlinkWorker> requests;
        platform::NotifySocket notify;
        Result<platform::StateFile> state;
    };

    EngineLoop(Channels& channels, std::shared_ptr<const core::Settings> settings, Parts parts);

    Result<void> start(bool realtime);
    void leave(int signal);
    void turn();
    /// One pass: sockets, netlink, commands, timers. False when nothing was left to do.
    bool pass();
    void handle(const core::Input& input, Instant now);
    core::Actions step(const core::Input& input, Instant now);
    void sync_sockets(Instant now);
    void tell_hearing(const std::vector<platform::VrrpSockets::Problem>& problems, Instant now);
    void perform(core::Actions actions, Instant now);
    void send(const core::SendAdvert& advert, Instant now);
    void send(const core::SendFrame& frame);
    void recall(Instant now);
    void remember(const core::Memory& memory, Instant now);
    void report(decltype(Report::what) what, Instant now);
    void republish(Instant now);
    void tell_owed(Instant now);
    void warn(const std::string& text, Instant now);
    void tell_dropped_renewals(Instant now);
    void tell_frame_failures(Instant now);
    void feed_watchdog(Instant now);
    void tell_counters(Instant now);
    void watch_service(Instant now);

    Channels& channels_;
    std::shared_ptr<const core::Settings> settings_;
    Parts parts_;
    core::Engine engine_;
    Recorder* recorder_ = nullptr;
    ListenPlan listen_plan_;
    std::vector<core::Input> inputs_;
    std::optional<Instant> sync_retry_;
    std::optional<Duration> watchdog_interval_;
    Instant watchdog_due_{};
    Instant counters_due_{};
    ServiceStall service_stall_;
    std::optional<std::string> maintenance_;         ///< as it was told
    std::vector<core::Memory::Override> overrides_;  ///< as they were told
    std::deque<Report> owed_;                        ///< found no room, and nobody would ask for it again
    LeftoverRoutes leftover_routes_;                 ///< until the first turn is done
    std::set<int> unheard_;                          ///< interfaces that lack a socket or group
    std::set<std::string> deaf_;                     ///< instances, as the engine was told
    std::set<std::string> socket_problems_;          ///< as they were told
    std::uint64_t frame_failures_ = 0;
    std::uint64_t frames_told_ = 0;
    std::string frame_failure_;  ///< the first that was not told
    Instant frames_tell_after_{};
    std::uint64_t renewals_told_ = 0;
    Instant renewals_tell_after_{};
    unsigned postponed_ = 0;             ///< passes in a row that left packets unread
    std::vector<core::Input> verdicts_;  ///< taken in this pass
    bool ready_due_ = false;             ///< the service is to hear that all it has to know has been told
    bool republish_ = false;  ///< a change did not fit into the queue: the service's picture is old
    std::vector<core::Input> requests_of_signals_;  ///< taken in a turn, after what the sockets say
    bool stop_requested_ = false;
    bool stopped_ = false;
};

}  // namespace regent::app
