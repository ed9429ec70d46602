// SPDX-License-Identifier: Apache-2.0
// Where the objects hand in what callers ask, and where the answers find who has asked. Bus thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "agent/base/time.hpp"
#include "agent/bus/request.hpp"

namespace regent::bus {

class Desk {
  public:
    using Done = std::function<void(const Answer&)>;
    /// False: the agent does not take it now.
    using Submit = std::function<bool(Request)>;

    /// Requests that wait for their answers.
    static constexpr std::size_t maximum_pending = 256;

    explicit Desk(Submit submit) : submit_(std::move(submit)) {}

    /// Longer than any caller waits (25 s, where it does not say otherwise) and any command takes.
    static constexpr Duration patience = std::chrono::minutes(10);

    /// `done` is called once, unless forget() comes first or `patience` runs out. Throws sdbus::Error
    /// org.regent1.Error.Busy when there is no room for more.
    void ask(Caller caller, core::OperatorCommand command, Instant now, Done done);
    void answer(const Answer& answer);
    /// The connection is gone, and with it who has asked.
    void forget() { pending_.clear(); }

  private:
    void give_up(Instant now);

    Submit submit_;
    struct Pending {
        Instant until;
        Done done;
    };
    std::map<std::uint64_t, Pending> pending_;  ///< in the order in which they were asked
    std::uint64_t last_ = 0;
};

}  // namespace regent::bus
