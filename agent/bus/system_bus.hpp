// SPDX-License-Identifier: Apache-2.0
// org.regent1 on the system bus, for as long as there is one: connected, lost, and connected again, without
// anybody else noticing. Bus thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/base/time.hpp"
#include "agent/bus/desk.hpp"
#include "agent/bus/outbox.hpp"
#include "agent/bus/picture.hpp"
#include "agent/platform/event_loop.hpp"

namespace regent::bus {

class SystemBus {
  public:
    struct Outlets {
        Desk::Submit submit;
        /// Said once for each change: that it is on the bus, or why not.
        std::function<void(const std::string&)> told;
    };

    SystemBus(platform::EventLoop& loop, Outlets outlets);
    ~SystemBus();
    SystemBus(const SystemBus&) = delete;
    SystemBus& operator=(const SystemBus&) = delete;

    /// The first one that is whole begins the connecting: the name stands for all objects.
    void apply(const Batch& batch);
    /// The bus does not read what it was told. What is told it now would wait in memory, message by message:
    /// in the outbox what changes twice waits once, and within bounds.
    bool congested() const { return connected_ && congested_; }

    /// When run() is wanted; none: when something happens.
    std::optional<Instant> next_deadline() const;
    /// Connects if it is time to, and does what the bus waits for. May take seconds when the bus stalls.
    void run(Instant now);

  private:
    struct Connected;

    void connect();
    void process();
    void lose(const std::string& why);
    void say(const std::string& what);

    platform::EventLoop& loop_;
    Outlets outlets_;
    Picture picture_;
    Desk desk_;
    std::unique_ptr<Connected> connected_;  ///< none: there is no bus
    std::optional<Instant> retry_;
    bool congested_ = false;
    std::string said_;
};

}  // namespace regent::bus
