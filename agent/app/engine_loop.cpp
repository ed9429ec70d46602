// SPDX-License-Identifier: Apache-2.0
#include "agent/app/engine_loop.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/core.h>
#include <iterator>
#include <systemd/sd-daemon.h>

#include "agent/platform/clock.hpp"
#include "agent/platform/realtime.hpp"

namespace regent::app {
namespace {

constexpr std::size_t datagrams_per_pass = 256;
constexpr std::size_t verdicts_per_pass = 256;
// A turn ends after this many passes even if work keeps arriving, so that the event loop sees every source.
constexpr unsigned passes_per_turn = 16;
constexpr Duration drop_report_spacing = std::chrono::minutes(1);
constexpr Duration socket_retry = std::chrono::seconds(1);
// The service thread, which reads them, is also who sends commands: while it stalls there are no more than
// the queue has, and each owes an answer and at most two changes.
constexpr std::size_t most_owed = 4 * Channels::commands_capacity;
// Counters leave so many places to what is told only once.
constexpr std::size_t room_for_changes = Channels::reports_capacity / 2;
constexpr Duration counters_every = std::chrono::seconds(1);
constexpr int realtime_priority = 50;
// Of a message to the service manager, within the time after which the next is due.
constexpr int watchdog_tries = 10;
// One fails only while other programs change addresses all the time.
constexpr unsigned snapshot_tries = 10;

template <class... Kinds, class Variant>
bool holds_any_of(const Variant& value) {
    return (std::holds_alternative<Kinds>(value) || ...);
}

}  // namespace

Result<std::unique_ptr<EngineLoop>> EngineLoop::open(Channels& channels,
                                                     std::shared_ptr<const core::Settings> settings,
                                                     const std::filesystem::path& run_dir) {
    auto loop = platform::EventLoop::open();
    if (!loop) return tl::unexpected(loop.error());
    auto sockets = platform::VrrpSockets::open();
    if (!sockets) return tl::unexpected(sockets.error());
    auto packets = platform::PacketSocket::open();
    if (!packets) return tl::unexpected(packets.error());
    auto monitor = platform::NetlinkMonitor::open();
    if (!monitor) return tl::unexpected(monitor.error());
    auto requests = platform::NetlinkWorker::open();
    if (!requests) return tl::unexpected(requests.error());
    auto notify = platform::NotifySocket::from_environment();
    if (!notify) return tl::unexpected(notify.error());
    Parts parts{std::move(*loop),           std::move(*sockets),
                platform::AhSocket::open(), std::move(*packets),
                std::move(*monitor),        std::move(*requests),
                std::move(*notify),         platform::StateFile::open(run_dir)};
    return std::unique_ptr<EngineLoop>(new EngineLoop(channels, std::move(settings), std::move(parts)));
}

EngineLoop::EngineLoop(Channels& channels, std::shared_ptr<const core::Settings> settings, Parts parts)
    : channels_(channels), settings_(std::move(settings)), parts_(std::move(parts)) {}

void EngineLoop::run(bool realtime) {
    if (recorder_) recorder_->guard();
    auto done = start(realtime);
    if (done) done = parts_.loop.run();
    if (!done) channels_.engine_failure = done.error().text;
    channels_.engine_ended.store(true, std::memory_order_release);
    channels_.wake_service.signal();
}

Result<void> EngineLoop::start(bool realtime) {
    const Instant now = platform::now();
    if (realtime) {
        if (const auto done = platform::set_realtime_priority(realtime_priority); !done)
            warn(done.error().text, now);
    }
    std::uint64_t watchdog_us = 0;
    if (sd_watchdog_enabled(0, &watchdog_us) > 0) {
        watchdog_interval_ = std::chrono::microseconds(watchdog_us / 2);
        watchdog_due_ = now;
    }
    const auto take_turn = [this] { turn(); };
    // Below the engine: waiting for the kernel's lock may spin, and must not keep the engine from running.
    parts_.requests->start(realtime ? std::optional(realtime_priority - 1) : std::nullopt);
    for (const int fd :
         {parts_.sockets.fd(), parts_.monitor.fd(), parts_.requests->fd(), channels_.wake_engine.fd()}) {
        if (auto done = parts_.loop.watch(fd, take_turn); !done) return done;
    }
    if (!parts_.ah) {
        warn(fmt::format("a peer that uses AH will not be noticed: {}", parts_.ah.error().text), now);
    } else if (auto done = parts_.loop.watch(parts_.ah->fd(), take_turn); !done) {
        return done;
    }
    // Here and not in the service thread, which may be waiting for a log that hangs.
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
        if (auto done = parts_.loop.watch_signal(signal, [this, signal] { leave(signal); }); !done)
            return done;
    }
    if (auto done = parts_.loop.add_timer(take_turn); !done) return done;
    auto snapshot = platform::NetlinkMonitor::snapshot();
    for (unsigned tries = 1; !snapshot && tries < snapshot_tries; ++tries)
        snapshot = platform::NetlinkMonitor::snapshot();
    if (!snapshot) return tl::unexpected(snapshot.error());
    if (const auto routes = platform::our_routes()) leftover_routes_ = LeftoverRoutes(*routes);
    recall(now);
    handle(core::ConfigApplied{settings_}, now);
    handle(core::Input(std::move(*snapshot)), now);
    ready_due_ = true;
    turn();
    // Whoever goes on as MASTER has said by now which it wants.
    for (auto& route : leftover_routes_.take_rest())
        parts_.requests->queue(core::RemoveRoute{std::move(route)});
    parts_.requests->kick();
    return {};
}

void EngineLoop::leave(int signal) {
    parts_.notify.send("STOPPING=1");
    const bool is_resumable = parts_.state.has_value();
    if (signal == SIGUSR1 && !is_resumable)
        warn("nothing is kept that the next run could go on from: this is a clean stop", platform::now());
    if (signal == SIGUSR1 && is_resumable) {
        channels_.to_be_resumed = !stop_requested_;
        requests_of_signals_.emplace_back(core::SuspendRequested{});
    } else {
        requests_of_signals_.emplace_back(core::StopRequested{stop_requested_});
        stop_requested_ = true;
    }
    turn();
}

void EngineLoop::turn() {
    for (unsigned passes = 0; passes < passes_per_turn && pass(); ++passes) {
    }
    parts_.requests->kick();
    tell_dropped_renewals(platform::now());
    tell_frame_failures(platform::now());
    tell_owed(platform::now());
    channels_.wake_service.signal();
    watch_service(platform::now());
    if (recorder_) recorder_->wake();
    if (stopped_) {
        parts_.requests->finish();
        parts_.loop.quit();
        return;
    }
    auto next = engine_.next_deadline();
    const auto consider = [&next](std::optional<Instant> at) {
        if (at && (!next || *at < *next)) next = at;
    };
    consider(sync_retry_);
    if (watchdog_interval_) consider(watchdog_due_);
    consider(counters_due_);
    parts_.loop.set_timer(next);
}

bool EngineLoop::pass() {
    bool busy = false;
    const auto handle_all = [&](Instant now) {
        busy = busy || !inputs_.empty();
        for (const auto& input : inputs_)
            handle(input, now);
        inputs_.clear();
    };
    // rules.md 1: a received advert is handled before a due one is sent.
    const bool all_read = parts_.sockets.receive_all(inputs_, datagrams_per_pass) < datagrams_per_pass;
    if (parts_.ah) parts_.ah->drain(inputs_);
    handle_all(platform::now());
    parts_.monitor.drain(inputs_);
    parts_.requests->drain(inputs_);
    handle_all(platform::now());
    channels_.wake_engine.clear();
    // Taken before the commands and handled after them: a configuration is sent before its checks can answer,
    // so the engine knows each check whose verdict it gets. Within bounds: plugins may have more to say than
    // there is time.
    for (std::size_t taken = 0; taken < verdicts_per_pass; ++taken) {
        auto verdict = channels_.verdicts.try_pop();
        if (!verdict) break;
        verdicts_.push_back(std::move(*verdict));
    }
    while (auto command = channels_.commands.try_pop())
        inputs_.push_back(std::move(*command));
    std::move(verdicts_.begin(), verdicts_.end(), std::back_inserter(inputs_));
    verdicts_.clear();
    std::move(requests_of_signals_.begin(), requests_of_signals_.end(), std::back_inserter(inputs_));
    requests_of_signals_.clear();
    handle_all(platform::now());

    // rules.md 6: what has arrived is known before anything is said. Within bounds: a flood must not silence
    // us.
    postponed_ = all_read ? 0 : postponed_ + 1;
    if (postponed_ % passes_per_turn != 0) return true;
    const Instant now = platform::now();
    if (sync_retry_ && *sync_retry_ <= now) sync_sockets(now);
    const auto due = engine_.next_deadline();
    if (due && *due <= now) {
        busy = true;
        perform(step(core::TimerFired{}, now), now);
    }
    feed_watchdog(now);
    tell_counters(now);
    return busy && !stopped_;
}

void EngineLoop::handle(const core::Input& input, Instant now) {
    if (const auto* removed = std::get_if<core::LinkRemoved>(&input))
        parts_.sockets.interface_removed(removed->index);
    const bool changed = listen_plan_.observe(input);
    perform(step(input, now), now);
    // Among what was lost may be an MTU too small for IPv6, or an interface made anew with the same index.
    if (std::holds_alternative<core::KernelSnapshot>(input)) parts_.sockets.leave_groups();
    if (changed || ListenPlan::may_succeed(input, unheard_)) sync_sockets(now);
}

core::Actions EngineLoop::step(const core::Input& input, Instant now) {
    if (recorder_) recorder_->begins(input, now);
    auto actions = engine_.step(input, now);
    if (recorder_) recorder_->record(input, now, actions);
    return actions;
}

void EngineLoop::sync_sockets(Instant now) {
    std::vector<platform::VrrpSockets::Problem> problems;
    parts_.sockets.sync(listen_plan_.wanted(), problems);
    std::set<std::string> texts;
    unheard_.clear();
    for (const auto& problem : problems) {
        unheard_.insert(problem.interface_index);
        auto text = fmt::format("{}: {}", problem.interface, problem.error.text);
        // Said once, not at every retry.
        if (!socket_problems_.contains(text)) warn(text, now);
        texts.insert(std::move(text));
    }
    socket_problems_ = std::move(texts);
    if (!problems.empty() || !deaf_.empty()) tell_hearing(problems, now);
    sync_retry_ = problems.empty() ? std::nullopt : std::optional(now + socket_retry);
}

/// A socket that is open may still lack the group of one instance.
void EngineLoop::tell_hearing(const std::vector<platform::VrrpSockets::Problem>& problems, Instant now) {
    const auto before = std::exchange(deaf_, {});
    const auto tell = [&](const std::string& instance, const std::string& problem) {
        perform(step(core::HearingChanged{instance, problem}, now), now);
    };
    for (const auto& [instance, listen] : listen_plan_.by_instance()) {
        const auto* socket = parts_.sockets.find(listen.interface_index, listen.family);
        if (socket && std::ranges::includes(socket->groups(), listen.groups)) continue;
        const auto problem = std::ranges::find_if(problems, [&key = listen](const auto& one) {
            return one.interface_index == key.interface_index && one.family == key.family;
        });
        // Told each time: a reload may have made it anew.
        tell(instance, problem == problems.end() ? "there is no socket" : problem->error.text);
        deaf_.insert(instance);
    }
    for (const auto& instance : before)
        if (!deaf_.contains(instance)) tell(instance, {});
}

void EngineLoop::perform(core::Actions actions, Instant now) {
    for (auto& action : actions) {
        std::visit(
            [&](auto& what) {
                using What = std::decay_t<decltype(what)>;
                if constexpr (std::is_same_v<What, core::SendAdvert>) {
                    send(what, now);
                } else if constexpr (std::is_same_v<What, core::SendFrame>) {
                    send(what);
                } else if constexpr (std::is_same_v<What, core::AddRoute>) {
                    for (auto& route : leftover_routes_.claim(what.route))
                        parts_.requests->queue(core::RemoveRoute{std::move(route)});
                    parts_.requests->queue(what);
                } else if constexpr (requires { parts_.requests->queue(what); }) {
                    parts_.requests->queue(what);
                } else if constexpr (std::is_same_v<What, core::Remember>) {
                    remember(what.memory, now);
                } else if constexpr (std::is_same_v<What, core::RecordAdvert>) {
                    if (parts_.state) parts_.state->record_advert(what.slot, what.at);
                } else if constexpr (std::is_same_v<What, core::Stopped>) {
                    stopped_ = true;
                } else {
                    report(std::move(what), now);
                }
            },
            action);
    }
}

void EngineLoop::send(const core::SendAdvert& advert, Instant now) {
    const auto sent = parts_.sockets.send(advert);
    if (sent) return;
    perform(step(core::SendFailed{advert.instance, sent.error().text}, now), now);
}

void EngineLoop::send(const core::SendFrame& frame) {
    const auto sent = parts_.packets.send(frame);
    if (sent) return;
    if (frame_failures_ == frames_told_)
        frame_failure_ =
            fmt::format("{}: {}", listen_plan_.name_of(frame.interface_index), sent.error().text);
    ++frame_failures_;
}

void EngineLoop::recall(Instant now) {
    if (!parts_.state) {
        warn(fmt::format("no resume after a crash: {}", parts_.state.error().text), now);
        return;
    }
    if (auto memory = parts_.state->recall()) handle(core::Recalled{std::move(*memory)}, now);
}

void EngineLoop::remember(const core::Memory& memory, Instant now) {
    if (memory.maintenance != maintenance_) {
        maintenance_ = memory.maintenance;
        report(MaintenanceIs{maintenance_}, now);
    }
    if (memory.overrides != overrides_) {
        overrides_ = memory.overrides;
        report(OverridesAre{overrides_}, now);
    }
    if (!parts_.state) return;
    const auto done = parts_.state->remember(memory);
    if (!done) warn(fmt::format("no resume after a crash: {}", done.error().text), now);
}

void EngineLoop::report(decltype(Report::what) what, Instant now) {
    const bool is_state = holds_any_of<core::PublishState>(what);
    const bool is_made_up_for = holds_any_of<core::PublishState, core::Transition, core::Forget>(what);
    const bool is_owed = holds_any_of<core::OperatorAnswer, core::PassOn, MaintenanceIs, OverridesAre>(what);
    Report message{now, std::move(what)};
    if (owed_.empty() && channels_.reports.offer(std::move(message))) return;
    republish_ = republish_ || is_made_up_for;
    if (is_owed && owed_.size() < most_owed) {
        // NOLINTNEXTLINE(bugprone-use-after-move): offer() leaves what it refuses
        owed_.push_back(std::move(message));
    } else if (!is_state) {
        channels_.reports.count_drop();
    }
}

void EngineLoop::tell_owed(Instant now) {
    while (!owed_.empty() && channels_.reports.offer(std::move(owed_.front())))
        owed_.pop_front();
    if (owed_.empty() && republish_) republish(now);
    if (ready_due_ && owed_.empty() && !republish_)
        ready_due_ = !channels_.reports.offer({now, EngineReady{}});
}

void EngineLoop::republish(Instant now) {
    if (channels_.reports.room() == 0) return;
    republish_ = !channels_.reports.offer({now, AllInstances{engine_.status()}});
}

void EngineLoop::warn(const std::string& text, Instant now) {
    report(core::Log{core::LogLevel::warning, {}, text}, now);
}

void EngineLoop::tell_dropped_renewals(Instant now) {
    const auto dropped = parts_.requests->dropped_renewals();
    if (dropped == renewals_told_ || now < renewals_tell_after_) return;
    warn(fmt::format("{} lease renewals were dropped: the kernel does not keep up", dropped - renewals_told_),
         now);
    renewals_told_ = dropped;
    renewals_tell_after_ = now + drop_report_spacing;
}

void EngineLoop::tell_frame_failures(Instant now) {
    if (frame_failures_ == frames_told_ || now < frames_tell_after_) return;
    warn(fmt::format("{} gratuitous ARPs or neighbour advertisements could not be sent; the first: {}",
                     frame_failures_ - frames_told_, frame_failure_),
         now);
    frames_told_ = frame_failures_;
    frames_tell_after_ = now + drop_report_spacing;
}

void EngineLoop::tell_counters(Instant now) {
    if (now < counters_due_) return;
    counters_due_ = now + counters_every;
    for (const auto& status : engine_.status()) {
        // Of these the next are better than the last. That the service thread lags behind is to be seen.
        if (channels_.reports.room() <= room_for_changes) return channels_.reports.count_drop();
        if (const auto counters = engine_.counters(status.name))
            report(InstanceCounters{status.name, *counters}, now);
    }
}

void EngineLoop::watch_service(Instant now) {
    if (!service_stall_.woken(channels_.service_progress.load(std::memory_order_relaxed), now)) return;
    channels_.service_stalls.fetch_add(1, std::memory_order_relaxed);
    // It would say so itself, if it could.
    parts_.notify.send(
        "STATUS=the service thread has stalled: log, D-Bus, notifiers and reloads wait; VRRP goes on");
}

void EngineLoop::feed_watchdog(Instant now) {
    if (!watchdog_interval_ || now < watchdog_due_) return;
    // Half of the time is over: were the next one due only after the other half, it would come too late.
    const bool sent = parts_.notify.send("WATCHDOG=1");
    watchdog_due_ = now + (sent ? *watchdog_interval_ : *watchdog_interval_ / watchdog_tries);
}

}  // namespace regent::app
