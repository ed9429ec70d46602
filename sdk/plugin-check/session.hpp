// SPDX-License-Identifier: Apache-2.0
// A type at work on the fake host, whose clock goes with the real one while something is waited for.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "regent/testing.hpp"
#include "sdk/plugin-check/trial.hpp"
#include "sdk/plugin-check/witness.hpp"

namespace regent::plugin_check {

using sdk::testing::Instance;
using sdk::testing::Rule;
using sdk::testing::Violation;

/// How the probe or event with a number ended.
struct Answer {
    sdk::State state = sdk::State::unknown;  ///< of a check
    sdk::Reason reason = sdk::Reason::ok;
    std::string text{};
    bool by_host = false;  ///< nobody answered by the deadline
};

class Session {
  public:
    /// Time that a probe or an event has in a test.
    static constexpr std::chrono::milliseconds deadline{200};

    explicit Session(const Subject& subject) : subject_(subject), witness_(*subject.type) {}
    ~Session() { (void)host_.violations(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Throws sdk::testing::Refused. Must go before this.
    Instance create() { return host_.create(witness_.type(), subject_.settings); }
    /// Throws Skipped when start() refuses, which it may where what it needs is not there.
    void start(Instance& instance);
    /// A probe or an event; its number.
    std::uint64_t ask(Instance& instance, sdk::Duration time = deadline) const;
    std::optional<Answer> answer(const Instance& instance, std::uint64_t number) const;
    /// Serves every instance until `done()`, at most so long. Returns the last done().
    bool serve(std::chrono::milliseconds limit, const std::function<bool()>& done);
    /// The same for a length of time: for what must not happen.
    void serve(std::chrono::milliseconds time) {
        serve(time, [] { return false; });
    }
    /// Asks, and serves until there is an answer, at the latest the host's own.
    Answer ask_and_wait(Instance& instance);

    sdk::testing::FakeHost& host() { return host_; }
    const Witness& witness() const { return witness_; }
    const Subject& subject() const { return subject_; }

    /// Throws Failed with the first breach of this rule so far.
    void demand(Rule rule);

  private:
    const Subject& subject_;
    Witness witness_;
    sdk::testing::FakeHost host_;
};

/// A whole life in which everything happens: probes answered, one cancelled, one ended by stop; and the time
/// after it. `step` is called with every instance at hand, after each of them.
void live(
    Session& session, const std::function<void()>& step = [] {});

}  // namespace regent::plugin_check
