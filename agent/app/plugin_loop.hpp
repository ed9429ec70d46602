// SPDX-License-Identifier: Apache-2.0
// The plugin thread: what the hosts of the plugins say, when checks are asked, what notifiers are told. The
// engine gets its verdicts straight from here.
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/app/messages.hpp"
#include "agent/base/result.hpp"
#include "agent/platform/event_loop.hpp"
#include "agent/plugin/supervisor.hpp"

namespace regent::app {

class PluginLoop {
  public:
    /// `host` is the program regent-plugin-host.
    static Result<std::unique_ptr<PluginLoop>> open(Channels& channels, const std::filesystem::path& host);

    /// The body of the thread, which is the parent of all hosts. Returns when Channels::finish_plugins_by
    /// says so.
    void run();

  private:
    PluginLoop(Channels& channels, platform::EventLoop loop, const std::filesystem::path& host);
    Result<void> start();
    void take_commands();
    void tell_dropped(Instant now);
    /// What has changed of checks, notifiers and hosts: at once after a verdict, else every few seconds.
    void tell_status(Instant now);
    void log(core::LogLevel level, const std::string& text);
    /// Somebody waits for it: where there is no room, it is told the next time.
    void answer(plugin::OrderAnswer answer);
    void tell_owed();
    /// After each round: when to wake up next, or that it is over.
    void look_ahead();

    static constexpr std::size_t most_owed = 256;

    Channels& channels_;
    platform::EventLoop loop_;
    plugin::Supervisor supervisor_;
    std::map<std::string, plugin::Status> told_;  ///< by kind and name
    Instant status_due_{};
    std::deque<plugin::OrderAnswer> owed_;
    std::uint64_t drops_told_ = 0;
    std::optional<Instant> drops_told_at_;
};

}  // namespace regent::app
