// SPDX-License-Identifier: Apache-2.0
// What an operator asks of checks, notifiers and plugins, of which the engine knows nothing; and what happens
// to them that callers on the bus are told at once.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace regent::plugin {

struct Order {
    enum class Kind : std::uint8_t {
        run_check,       ///< ask it now; its answer counts as any other
        test_notifier,   ///< deliver a test event, after what waits already
        restart_plugin,  ///< its host; checks keep their verdicts meanwhile
    };
    std::uint64_t id = 0;  ///< of the answer
    Kind kind = Kind::run_check;
    std::string target;
    std::string reason = {};   ///< of a test event
    std::int64_t wall_ns = 0;  ///< since 1970, of a test event
};

/// Each order is answered once.
struct OrderAnswer {
    enum class Outcome : std::uint8_t { done, unknown_target, failed, busy };
    std::uint64_t id = 0;
    Outcome outcome = Outcome::done;
    std::string state;  ///< of a check that was asked: up, degraded, down, unknown
    std::string text;   ///< the check's message, or a sentence
};

/// An event that a notifier was not told.
struct DeliveryFailed {
    std::string notifier;
    std::uint64_t sequence = 0;  ///< of the event; 0: a test
    std::string reason;
};

/// A plugin host has ended unasked.
struct Crashed {
    std::string plugin;
    std::int32_t status = 0;  ///< exit status, or the number of the signal that killed it, negated
    std::string reason;       ///< "exited with status 1"
};

using Incident = std::variant<DeliveryFailed, Crashed>;

}  // namespace regent::plugin
