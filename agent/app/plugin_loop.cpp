// SPDX-License-Identifier: Apache-2.0
#include "agent/app/plugin_loop.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

#include "agent/platform/clock.hpp"

namespace regent::app {
namespace {

constexpr Duration drop_report_spacing = std::chrono::minutes(1);
constexpr Duration status_every = std::chrono::seconds(5);

}  // namespace

Result<std::unique_ptr<PluginLoop>> PluginLoop::open(Channels& channels, const std::filesystem::path& host) {
    auto loop = platform::EventLoop::open();
    if (!loop) return tl::unexpected(loop.error());
    return std::unique_ptr<PluginLoop>(new PluginLoop(channels, std::move(*loop), host));
}

PluginLoop::PluginLoop(Channels& channels, platform::EventLoop loop, const std::filesystem::path& host)
    : channels_(channels),
      loop_(std::move(loop)),
      supervisor_(std::make_unique<plugin::ChildLauncher>(host), loop_,
                  {[this](core::CheckVerdict verdict) {
                       channels_.verdicts.try_push(std::move(verdict));
                       channels_.wake_engine.signal();
                   },
                   [this](core::LogLevel level, const std::string& text) { log(level, text); },
                   [this](plugin::OrderAnswer given) { answer(std::move(given)); },
                   [this](plugin::Incident incident) {
                       channels_.plugin_reports.try_push({platform::now(), std::move(incident)});
                       channels_.wake_service.signal();
                   }}) {}

void PluginLoop::run() {
    auto done = start();
    if (done) done = loop_.run();
    if (!done)
        log(core::LogLevel::error, fmt::format("checks and notifiers do not run: {}", done.error().text));
    channels_.plugins_ended.store(true, std::memory_order_release);
    channels_.wake_service.signal();
}

Result<void> PluginLoop::start() {
    if (auto done = loop_.watch(channels_.wake_plugins.fd(), [this] { take_commands(); }); !done) return done;
    if (auto done = loop_.add_timer([this] { supervisor_.run(platform::now()); }); !done) return done;
    return loop_.after_each_round([this] { look_ahead(); });
}

void PluginLoop::take_commands() {
    channels_.wake_plugins.clear();
    while (const auto command = channels_.plugin_commands.try_pop()) {
        const Instant now = platform::now();
        if (const auto* plan = std::get_if<std::shared_ptr<const config::Plan>>(&*command)) {
            supervisor_.apply(**plan, now);
        } else if (const auto* event = std::get_if<notify::Event>(&*command)) {
            supervisor_.notify(*event, now);
        } else if (const auto* order = std::get_if<plugin::Order>(&*command)) {
            supervisor_.obey(*order, now);
        }
    }
}

void PluginLoop::log(core::LogLevel level, const std::string& text) {
    channels_.plugin_reports.try_push({platform::now(), core::Log{level, {}, text}});
    channels_.wake_service.signal();
}

void PluginLoop::answer(plugin::OrderAnswer answer) {
    if (owed_.size() == most_owed) return channels_.plugin_reports.count_drop();
    owed_.push_back(std::move(answer));
    tell_owed();
}

void PluginLoop::tell_owed() {
    while (!owed_.empty() && channels_.plugin_reports.offer({platform::now(), owed_.front()}))
        owed_.pop_front();
    channels_.wake_service.signal();
}

void PluginLoop::tell_dropped(Instant now) {
    const auto dropped = channels_.verdicts.dropped() + channels_.plugin_reports.dropped();
    if (dropped == drops_told_) return;
    if (drops_told_at_ && now < *drops_told_at_ + drop_report_spacing) return;
    log(core::LogLevel::warning,
        fmt::format("{} messages of the plugin thread were dropped: the engine or the log could not keep up",
                    dropped - drops_told_));
    drops_told_ = dropped;
    drops_told_at_ = now;
}

void PluginLoop::tell_status(Instant now) {
    if (!supervisor_.take_changed() && now < status_due_) return;
    status_due_ = now + status_every;
    std::map<std::string, plugin::Status> told;
    for (auto& status : supervisor_.status()) {
        auto key =
            std::to_string(status.index()) + std::visit([](const auto& of) { return of.name; }, status);
        const auto before = told_.find(key);
        const bool same = before != told_.end() && before->second == status;
        // One that finds no room is told the next time.
        if (same || channels_.plugin_reports.offer({now, status})) told[std::move(key)] = std::move(status);
    }
    told_ = std::move(told);
    channels_.wake_service.signal();
}

void PluginLoop::look_ahead() {
    const auto by = channels_.finish_plugins_by.load(std::memory_order_acquire);
    // A round that was for something else hears of the end before it hears of the last events.
    if (by != 0) take_commands();
    const Instant now = platform::now();
    tell_dropped(now);
    tell_status(now);
    if (!owed_.empty()) tell_owed();
    auto next = std::min(supervisor_.next_deadline().value_or(status_due_), status_due_);
    if (by != 0) {
        const Instant end{Duration(by)};
        if (now >= end || supervisor_.delivered()) return loop_.quit();
        next = std::min(next, end);
    }
    loop_.set_timer(next);
}

}  // namespace regent::app
