// SPDX-License-Identifier: Apache-2.0
// When one check is asked, and what an answer, a push, or silence means. Pure: time is passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "agent/base/time.hpp"
#include "agent/config/plan.hpp"
#include "agent/core/input.hpp"
#include "agent/plugin/protocol.hpp"

namespace regent::plugin {

class CheckSchedule {
  public:
    struct Question {
        std::uint64_t probe = 0;
        Instant deadline;
    };
    struct Step {
        std::optional<Question> question;
        std::optional<core::CheckVerdict> verdict;
    };

    /// `seed` decides jitter, and where in the interval the check is asked: checks that start together must
    /// not be asked together for ever.
    CheckSchedule(config::CheckPlan plan, std::uint32_t seed);

    /// The instance lives: it is asked at once.
    void ready(Instant now);
    /// Nobody is there to be asked for a while; the last verdict stands.
    void pause();
    /// Nobody is there to be asked: UNKNOWN, for the reason given. Nothing when that was the last reason
    /// told.
    std::optional<core::CheckVerdict> lost(const std::string& why);
    /// An answer or a push. Nothing when it is late, or does not count.
    std::optional<core::CheckVerdict> report(const Report& report, Instant now);

    /// Asks it now, or as soon as the question that is under way has ended: the number of that probe, or
    /// nothing when nobody is there to be asked. Later beats stay where they are.
    std::optional<std::uint64_t> ask(Instant now);
    /// The number of the probe that has no answer yet.
    std::optional<std::uint64_t> under_way() const {
        return pending_ ? std::optional(pending_->probe) : std::nullopt;
    }

    /// What is due.
    Step run(Instant now);
    std::optional<Instant> next_deadline() const;

    /// Answers that came too late, and pushes that did not count.
    std::uint64_t ignored() const { return ignored_; }

  private:
    struct Pending {
        std::uint64_t probe = 0;
        Instant give_up;  ///< the host answers for the plugin at the deadline; if even that does not come
        bool confirms = false;
    };
    Duration interval() const;
    /// Whether one more push is taken now: a plugin that pushes without end must not keep the engine busy.
    bool push_allowed(Instant now);
    std::optional<core::CheckVerdict> pushed(core::CheckState state, std::string message, Instant now);
    void plan_next(Instant now);
    core::CheckVerdict verdict(core::CheckState state, std::string message, bool unsolicited) const;

    config::CheckPlan plan_;
    std::minstd_rand random_;
    bool ready_ = false;
    std::optional<std::string> lost_told_;  ///< why, until it answers again
    bool confirm_next_ = false;
    Instant beat_{};  ///< the time without jitter
    std::optional<Instant> due_;
    Instant pushes_from_{};
    unsigned pushes_ = 0;  ///< since then
    std::optional<Pending> pending_;
    std::uint64_t last_probe_ = 0;
    std::uint64_t ignored_ = 0;
};

}  // namespace regent::plugin
