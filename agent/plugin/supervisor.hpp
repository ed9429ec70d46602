// SPDX-License-Identifier: Apache-2.0
// All checks and notifiers of the configuration, and the hosts that they run in.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/config/plan.hpp"
#include "agent/notify/events.hpp"
#include "agent/plugin/agenda.hpp"
#include "agent/plugin/check_runner.hpp"
#include "agent/plugin/host_link.hpp"
#include "agent/plugin/notifier_runner.hpp"

namespace regent::plugin {

/// One thread: that of the event loop. A plugin costs what it offers its freshness and nothing else; nothing
/// here waits.
class Supervisor {
  public:
    struct Outlets {
        std::function<void(core::CheckVerdict)> verdict;  ///< what the engine is to hear
        HostLink::LogLine log;
        std::function<void(OrderAnswer)> answer;
        std::function<void(Incident)> incident;
    };

    /// `loop` must be the one that runs run(), and both must outlive this.
    Supervisor(std::unique_ptr<Launcher> launcher, platform::EventLoop& loop, Outlets outlets);

    /// What is unchanged goes on; the rest is made anew or ended.
    void apply(const config::Plan& plan, Instant now);
    /// Hands an event to every notifier that wants it. Never waits: their queues are bounded.
    void notify(const notify::Event& event, Instant now);

    /// Does what an operator asks; the answer comes now or later, once.
    void obey(const Order& order, Instant now);

    std::optional<Instant> next_deadline() const { return agenda_.next(); }
    void run(Instant now) { agenda_.run(now); }

    /// How everything is. Cheap enough for a few times a second.
    std::vector<Status> status() const;
    /// Whether a verdict has been told, or a plan has come, since this was last asked.
    bool take_changed() { return std::exchange(changed_, false); }

    /// Whether every event has been delivered, has failed, or was dropped.
    bool delivered() const;

  private:
    HostLink& link_of(const config::PluginUse& use);
    void restart(HostLink& link, std::uint64_t order, Instant now);

    std::unique_ptr<Launcher> launcher_;
    platform::EventLoop& loop_;
    Outlets outlets_;
    CheckRunner::Outlets check_outlets_;
    NotifierRunner::Outlets notifier_outlets_;
    Agenda agenda_;
    std::string node_;
    bool changed_ = true;
    InstanceId last_instance_ = 0;
    // In this order: what is declared later goes first, and the runners need their links and the agenda.
    std::map<HostFile, std::unique_ptr<HostLink>> links_;
    std::map<std::string, std::unique_ptr<CheckRunner>> checks_;
    std::map<std::string, std::unique_ptr<NotifierRunner>> notifiers_;
};

}  // namespace regent::plugin
