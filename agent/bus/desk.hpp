// SPDX-License-Identifier: Apache-2.0
// Where the objects hand in what callers ask, and where the answers find who has asked. Bus thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

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

    /// `done` is called once, unless forget() comes first. Throws sdbus::Error org.regent1.Error.Busy when
    /// there is no room for more.
    void ask(Caller caller, decltype(Request::what) what, Done done);
    void answer(const Answer& answer);
    /// The connection is gone, and with it who has asked.
    void forget() { pending_.clear(); }

  private:
    Submit submit_;
    std::map<std::uint64_t, Done> pending_;
    std::uint64_t last_ = 0;
};

}  // namespace regent::bus
