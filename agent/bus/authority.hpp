// SPDX-License-Identifier: Apache-2.0
// Who may act: root, and whom polkit lets. Without polkit, root alone.
#pragma once

#include <functional>
#include <memory>
#include <sdbus-c++/sdbus-c++.h>
#include <string>

#include "agent/bus/request.hpp"

namespace regent::bus {

/// Of the message that `object` is handling. Bus thread.
Caller caller_of(const sdbus::Message& message);

/// Of one connection, which outlives it. Nobody waits behind a caller whom polkit is asked about. Bus thread.
class Authority {
  public:
    using Allowed = std::function<void()>;
    using Refused = std::function<void(const sdbus::Error&)>;

    /// Callers whom polkit is asked about at a time.
    static constexpr std::size_t maximum_asked = 256;

    explicit Authority(sdbus::IConnection& connection);

    /// Whether the sender of `message` may do `action` (org.regent1.reload, .handover, .maintenance,
    /// .override): calls `allowed`, for root at once, or `refused` with an error and a sentence. Polkit has
    /// two seconds. Neither is called when the Authority ends first.
    void demand(const sdbus::Message& message, const std::string& action, Allowed allowed, Refused refused);

  private:
    std::unique_ptr<sdbus::IProxy> polkit_;
    std::size_t asked_ = 0;
};

}  // namespace regent::bus
