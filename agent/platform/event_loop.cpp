// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/event_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <sys/epoll.h>

namespace regent::platform {
namespace {

constexpr std::uint64_t timer_accuracy_us = 1;

Result<void> checked(int result, const char* what) {
    if (result >= 0) return {};
    return failure(std::string(what) + ": " + std::strerror(-result), -result);
}

std::uint64_t microseconds(Instant at) {
    const auto since_boot = std::max(at.time_since_epoch(), Duration::zero());
    // Rounded up: a timer that fires early would find nothing due and spin.
    return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::microseconds>(since_boot).count());
}

}  // namespace

Result<EventLoop> EventLoop::open() {
    sd_event* event = nullptr;
    if (auto done = checked(sd_event_new(&event), "cannot make an event loop"); !done) {
        return tl::unexpected(done.error());
    }
    return EventLoop(event);
}

EventLoop::Watch& EventLoop::add(Callback callback) {
    others_.push_back(std::make_shared<Watch>());
    others_.back()->callback = [call = std::move(callback)](Events) { call(); };
    return *others_.back();
}

Result<void> EventLoop::watch(int fd, Callback callback) {
    return watch(fd, EPOLLIN, [call = std::move(callback)](Events) { call(); });
}

Result<void> EventLoop::watch(int fd, Events events, EventsCallback callback) {
    auto watch = std::make_shared<Watch>();
    watch->callback = std::move(callback);
    sd_event_source* source = nullptr;
    const auto handler = [](sd_event_source*, int, std::uint32_t seen, void* context) {
        const auto held = static_cast<Watch*>(context)->shared_from_this();
        held->callback(seen);
        return 0;
    };
    const int result = sd_event_add_io(event_.get(), &source, fd, events, handler, watch.get());
    watch->source.reset(source);
    if (result >= 0 && descriptors_.contains(fd)) {
        // The kernel takes a number twice only where what it stood for was closed, still watched. That source
        // must go first: its end takes the number off the kernel's list, whoever's it is by then.
        watch->source.reset();
        unwatch(fd);
        return this->watch(fd, events, std::move(watch->callback));
    }
    if (result >= 0) descriptors_[fd] = std::move(watch);
    return checked(result, "cannot watch a descriptor");
}

Result<void> EventLoop::change(int fd, Events events) {
    const auto found = descriptors_.find(fd);
    if (found == descriptors_.end()) return failure("the descriptor is not watched", ENOENT);
    return checked(sd_event_source_set_io_events(found->second->source.get(), events),
                   "cannot watch a descriptor");
}

void EventLoop::unwatch(int fd) {
    const auto found = descriptors_.find(fd);
    if (found == descriptors_.end()) return;
    found->second->source.reset();
    descriptors_.erase(found);
}

Result<void> EventLoop::watch_signal(int signal, Callback callback) {
    auto& watch = add(std::move(callback));
    sd_event_source* source = nullptr;
    const auto handler = [](sd_event_source*, const signalfd_siginfo*, void* context) {
        static_cast<Watch*>(context)->callback(0);
        return 0;
    };
    const int result = sd_event_add_signal(event_.get(), &source, signal, handler, &watch);
    watch.source.reset(source);
    return checked(result, "cannot watch a signal");
}

Result<void> EventLoop::add_timer(Callback callback) {
    timer_ = &add(std::move(callback));
    sd_event_source* source = nullptr;
    const auto handler = [](sd_event_source*, std::uint64_t, void* context) {
        static_cast<Watch*>(context)->callback(0);
        return 0;
    };
    const int result =
        sd_event_add_time(event_.get(), &source, CLOCK_MONOTONIC, 0, timer_accuracy_us, handler, timer_);
    timer_->source.reset(source);
    if (result >= 0) set_timer(std::nullopt);
    return checked(result, "cannot make a timer");
}

void EventLoop::set_timer(std::optional<Instant> at) {
    auto* source = timer_->source.get();
    if (!at) {
        sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(source, microseconds(*at));
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

Result<void> EventLoop::after_each_round(Callback callback) {
    auto& watch = add(std::move(callback));
    sd_event_source* source = nullptr;
    const auto handler = [](sd_event_source*, void* context) {
        static_cast<Watch*>(context)->callback(0);
        return 0;
    };
    const int result = sd_event_add_post(event_.get(), &source, handler, &watch);
    watch.source.reset(source);
    return checked(result, "cannot follow the rounds of an event loop");
}

Result<void> EventLoop::run() {
    return checked(sd_event_loop(event_.get()), "the event loop failed");
}

Result<bool> EventLoop::run_once(Duration limit) {
    const auto wait = std::chrono::ceil<std::chrono::microseconds>(std::max(limit, Duration::zero()));
    const int result = sd_event_run(event_.get(), static_cast<std::uint64_t>(wait.count()));
    if (result < 0) return tl::unexpected(checked(result, "the event loop failed").error());
    return result > 0;
}

void EventLoop::quit() {
    sd_event_exit(event_.get(), 0);
}

}  // namespace regent::platform
