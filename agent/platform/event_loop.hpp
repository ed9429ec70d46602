// SPDX-License-Identifier: Apache-2.0
// sd-event with owners: the few calls that the threads use. One loop a thread, and all calls from that
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <systemd/sd-event.h>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/base/time.hpp"

namespace regent::platform {

class EventLoop {
  public:
    using Callback = std::function<void()>;
    using Events = std::uint32_t;  ///< EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP of <sys/epoll.h>
    using EventsCallback = std::function<void(Events)>;

    static Result<EventLoop> open();

    /// Calls `callback` whenever `fd` is readable (level-triggered). Each descriptor once.
    Result<void> watch(int fd, Callback callback);
    /// Calls `callback` with what of `events`, of errors and hang-ups is the case.
    Result<void> watch(int fd, Events events, EventsCallback callback);
    /// What a watched descriptor is watched for from now on.
    Result<void> change(int fd, Events events);
    /// Before close(). Also from its own callback, and for one that is not watched. It is not called any
    /// more, even if it is ready in this round.
    void unwatch(int fd);

    /// Calls `callback` for `signal`, which must be blocked in all threads.
    Result<void> watch_signal(int signal, Callback callback);
    /// One timer for the loop, set by set_timer(). Accuracy is 1 µs: sd-event's default of 250 ms, which 0
    /// means too, would make adverts late (rules.md 23).
    Result<void> add_timer(Callback callback);
    /// nullopt: the timer is off. A moment in the past fires at once.
    void set_timer(std::optional<Instant> at);

    /// Calls `callback` after each round in which anything else was called.
    Result<void> after_each_round(Callback callback);

    /// Runs until quit().
    Result<void> run();
    /// One round for whoever has a loop of its own: what is ready is called, or what becomes ready first
    /// within `limit`. False: nothing did.
    Result<bool> run_once(Duration limit);
    void quit();

  private:
    struct EventDeleter {
        void operator()(sd_event* event) const { sd_event_unref(event); }
    };
    struct SourceDeleter {
        void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
    };
    /// Its handler holds it, too: a callback may unwatch itself.
    struct Watch : std::enable_shared_from_this<Watch> {
        EventsCallback callback;
        std::unique_ptr<sd_event_source, SourceDeleter> source;
    };

    explicit EventLoop(sd_event* event) : event_(event) {}
    Watch& add(Callback callback);

    std::unique_ptr<sd_event, EventDeleter> event_;
    std::map<int, std::shared_ptr<Watch>> descriptors_;
    std::vector<std::shared_ptr<Watch>> others_;
    Watch* timer_ = nullptr;
};

}  // namespace regent::platform
