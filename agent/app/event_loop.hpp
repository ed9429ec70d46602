// SPDX-License-Identifier: Apache-2.0
// sd-event with owners: the few calls that the two threads use. One loop a thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <systemd/sd-event.h>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/base/time.hpp"

namespace regent::app {

class EventLoop {
  public:
    using Callback = std::function<void()>;

    static Result<EventLoop> open();

    /// Calls `callback` whenever `fd` is readable (level-triggered).
    Result<void> watch(int fd, Callback callback);
    /// Calls `callback` for `signal`, which must be blocked in all threads.
    Result<void> watch_signal(int signal, Callback callback);
    /// One timer for the loop, set by set_timer(). Accuracy is 1 µs: sd-event's default of 250 ms, which 0
    /// means too, would make adverts late (rules.md 23).
    Result<void> add_timer(Callback callback);
    /// nullopt: the timer is off. A moment in the past fires at once.
    void set_timer(std::optional<Instant> at);

    /// Runs until quit().
    Result<void> run();
    void quit();

  private:
    struct EventDeleter {
        void operator()(sd_event* event) const { sd_event_unref(event); }
    };
    struct SourceDeleter {
        void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
    };
    struct Watch {
        Callback callback;
        std::unique_ptr<sd_event_source, SourceDeleter> source;
    };

    explicit EventLoop(sd_event* event) : event_(event) {}
    Watch& add(Callback callback);

    std::unique_ptr<sd_event, EventDeleter> event_;
    std::vector<std::unique_ptr<Watch>> watches_;
    Watch* timer_ = nullptr;
};

}  // namespace regent::app
