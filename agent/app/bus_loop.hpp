// SPDX-License-Identifier: Apache-2.0
// The bus thread: shows on D-Bus what the service thread hands over, and hands back what callers ask. A bus
// that stalls stalls nobody else.
#pragma once

#include <memory>

#include "agent/app/messages.hpp"
#include "agent/base/result.hpp"
#include "agent/bus/system_bus.hpp"
#include "agent/platform/event_loop.hpp"

namespace regent::app {

class BusLoop {
  public:
    static Result<std::unique_ptr<BusLoop>> open(Channels& channels);

    /// The body of the thread. Returns when Channels::finish_bus says so, unless the bus keeps it waiting.
    void run();

  private:
    BusLoop(Channels& channels, platform::EventLoop loop);
    Result<void> start();
    void take();
    void after_round();
    void log(core::LogLevel level, const std::string& text);

    Channels& channels_;
    platform::EventLoop loop_;
    bus::SystemBus bus_;
    bool outbox_waits_ = false;  ///< there is something to take
    std::uint64_t drops_told_ = 0;
};

}  // namespace regent::app
