// SPDX-License-Identifier: Apache-2.0
#include "agent/app/bus_loop.hpp"

#include <fmt/core.h>
#include <utility>

#include "agent/platform/clock.hpp"

namespace regent::app {

Result<std::unique_ptr<BusLoop>> BusLoop::open(Channels& channels) {
    auto loop = platform::EventLoop::open();
    if (!loop) return tl::unexpected(loop.error());
    return std::unique_ptr<BusLoop>(new BusLoop(channels, std::move(*loop)));
}

BusLoop::BusLoop(Channels& channels, platform::EventLoop loop)
    : channels_(channels),
      loop_(std::move(loop)),
      bus_(loop_, {[this](bus::Request request) {
                       const bool taken = channels_.bus_requests.try_push(std::move(request));
                       channels_.wake_service.signal();
                       return taken;
                   },
                   [this](const std::string& text) { log(core::LogLevel::info, text); }}) {}

void BusLoop::run() {
    auto done = start();
    if (done) done = loop_.run();
    if (!done) log(core::LogLevel::error, fmt::format("there is no D-Bus: {}", done.error().text));
    channels_.bus_ended.store(true, std::memory_order_release);
    channels_.wake_service.signal();
}

Result<void> BusLoop::start() {
    const auto heed = [this] {
        channels_.outbox.heed();
        outbox_waits_ = true;
    };
    if (auto done = loop_.watch(channels_.outbox.fd(), heed); !done) return done;
    if (auto done = loop_.add_timer([this] { bus_.run(platform::now()); }); !done) return done;
    return loop_.after_each_round([this] { after_round(); });
}

void BusLoop::take() {
    outbox_waits_ = false;
    bus_.apply(channels_.outbox.take());
    const auto dropped = channels_.outbox.dropped();
    if (dropped == drops_told_) return;
    log(core::LogLevel::warning,
        fmt::format("{} changes and answers were not told on the bus, which stalled", dropped - drops_told_));
    drops_told_ = dropped;
}

void BusLoop::log(core::LogLevel level, const std::string& text) {
    channels_.bus_reports.try_push({platform::now(), core::Log{level, {}, text}});
    channels_.wake_service.signal();
}

void BusLoop::after_round() {
    // Set after the last word was put in the outbox.
    const bool finish = channels_.finish_bus.load(std::memory_order_acquire);
    if ((outbox_waits_ || finish) && !bus_.congested()) take();
    if (finish) return loop_.quit();
    loop_.set_timer(bus_.next_deadline());
}

}  // namespace regent::app
