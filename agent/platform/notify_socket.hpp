// SPDX-License-Identifier: Apache-2.0
// Messages to the service manager (sd_notify(3)) that can never block: sd_notify() waits when the manager's
// queue is full, and the watchdog message must come from the engine thread (rules.md 20).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/platform/descriptor.hpp"

namespace regent::platform {

/// One thread at a time.
class NotifySocket {
  public:
    /// Connects to $NOTIFY_SOCKET. When the variable is unset there is no manager, and send() does nothing.
    static Result<NotifySocket> from_environment();

    /// Connects to a path, or to an abstract name that begins with '@'. Empty: no manager.
    static Result<NotifySocket> open(std::string_view name);

    /// Sends lines such as "READY=1\nSTATUS=…". What cannot be sent at once is dropped and counted, and
    /// the answer is false. A manager that made its socket anew is connected to again.
    bool send(std::string_view message);

    bool active() const { return static_cast<bool>(socket_); }
    std::uint64_t dropped() const { return dropped_; }

  private:
    Result<void> connect();
    bool try_send(std::string_view message) const;

    std::string name_;
    Descriptor socket_;
    std::uint64_t dropped_ = 0;
};

}  // namespace regent::platform
