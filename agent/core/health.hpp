// SPDX-License-Identifier: Apache-2.0
// Checks as the engine sees them: verdicts in, rise and fall counted, a judgement out (rules.md 13, 14).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/core/action.hpp"
#include "agent/core/input.hpp"
#include "agent/core/memory.hpp"
#include "agent/core/settings.hpp"

namespace regent::core {

class Health {
  public:
    enum class State : std::uint8_t {
        pending,  ///< no verdict yet, within its grace: changes nothing, holds back a cold start
        overdue,  ///< no verdict yet, grace over: the node is last resort
        up,       ///< UP or DEGRADED
        down,
        ignored,  ///< UNKNOWN with `on_unknown = "ignore"`
    };
    struct Judgement {
        State state = State::pending;
        bool stale = false;   ///< it stands for want of a newer one: `on_unknown = "hold"`, or a run before
        std::string message;  ///< of the last verdict
    };

    /// Verdicts of an earlier run: they stand, marked stale, until there are new ones (rules.md 13). Before
    /// configure().
    void recall(const std::vector<Memory::Check>& checks, const std::vector<Memory::Override>& overrides);
    std::vector<Memory::Check> remember() const;

    /// Checks that stay keep their judgement; new ones start PENDING.
    void configure(const std::vector<Check>& checks, Instant now);
    /// Returns whether the judgement changed. Verdicts of unknown checks are ignored: they come late, after a
    /// reload.
    bool verdict(const CheckVerdict& verdict, Instant now);
    /// What an operator says counts for more than any verdict, until it ends; in the place of one before.
    void set_override(const Memory::Override& override) { overrides_[override.check] = override; }
    /// Ends those whose time is over, and names their checks.
    std::vector<std::string> end_overrides(Instant now);
    bool clear_override(const std::string& check) { return overrides_.erase(check) > 0; }
    bool knows(const std::string& check) const { return records_.contains(check); }
    std::vector<Memory::Override> overrides() const;

    /// Ends graces and hold times. Returns whether a judgement changed.
    bool run(Instant now);
    std::optional<Instant> next_deadline() const;

    /// A check that is not configured is PENDING for ever; the configuration rules that out.
    Judgement judge(const std::string& check) const;

  private:
    struct Record {
        Check settings;
        Judgement judgement;
        unsigned rising = 0;
        unsigned falling = 0;
        std::optional<Instant> grace_ends;
        std::optional<Instant> hold_ends;
    };
    static void count(Record& record, bool good, bool full_fall);
    static void unknown(Record& record, Instant now);
    static void begin_hold(Record& record, Instant now);

    std::map<std::string, Record> records_;
    std::map<std::string, Memory::Check> recalled_;
    std::map<std::string, Memory::Override> overrides_;
};

}  // namespace regent::core
