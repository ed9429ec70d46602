// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/check_schedule.hpp"

#include <algorithm>
#include <array>
#include <regent/abi/result.h>
#include <string_view>
#include <utility>

namespace regent::plugin {
namespace {

using config::Mode;
using core::CheckState;

/// How long a host may take to say that a plugin has not answered.
constexpr Duration host_slack = std::chrono::milliseconds(250);
constexpr Duration push_window = std::chrono::seconds(1);
constexpr unsigned pushes_per_window = 20;
constexpr Duration longest_grain = std::chrono::milliseconds(20);
constexpr int grains_per_interval = 50;

/// The next beat of a clock that all checks share: those that are due at about the same time are asked in one
/// go, in which one waking of each thread serves them all.
Instant shared_beat(Instant at, Duration interval) {
    const Duration grain = std::min(longest_grain, interval / grains_per_interval);
    if (grain <= Duration::zero()) return at;
    const Duration over = at.time_since_epoch() % grain;
    return over == Duration::zero() ? at : at + (grain - over);
}

CheckState state_of(std::uint32_t state) {
    switch (state) {
        case REGENT_STATE_UP: return CheckState::up;
        case REGENT_STATE_DEGRADED: return CheckState::degraded;
        case REGENT_STATE_DOWN: return CheckState::down;
        default: return CheckState::unknown;
    }
}

/// For a plugin that gives no message.
std::string_view words_of(std::uint32_t reason) {
    constexpr std::array<std::string_view, 14> words{"",
                                                     "ok",
                                                     "timeout",
                                                     "refused",
                                                     "unreachable",
                                                     "reset",
                                                     "protocol error",
                                                     "not authorised",
                                                     "not found",
                                                     "exited",
                                                     "out of resources",
                                                     "no permission",
                                                     "configuration",
                                                     "internal error"};
    return reason < words.size() ? words[reason] : "";
}

}  // namespace

CheckSchedule::CheckSchedule(config::CheckPlan plan, std::uint32_t seed)
    : plan_(std::move(plan)), random_(seed) {}

Duration CheckSchedule::interval() const {
    return plan_.mode == Mode::event ? plan_.resync : plan_.settings.interval;
}

core::CheckVerdict CheckSchedule::verdict(CheckState state, std::string message, bool unsolicited) const {
    return {plan_.settings.name, state, std::move(message), unsolicited};
}

void CheckSchedule::ready(Instant now) {
    ready_ = true;
    pending_.reset();
    confirm_next_ = false;
    // The second probe comes early by a part of the interval, the others keep that distance.
    using Part = std::uniform_int_distribution<Duration::rep>;
    beat_ = now - Duration(Part(0, interval().count() / 2)(random_));
    due_ = now;
}

void CheckSchedule::pause() {
    ready_ = false;
    due_.reset();
    pending_.reset();
    confirm_next_ = false;
}

std::optional<core::CheckVerdict> CheckSchedule::lost(const std::string& why) {
    pause();
    if (lost_told_ == why) return std::nullopt;
    lost_told_ = why;
    return verdict(CheckState::unknown, why, false);
}

bool CheckSchedule::push_allowed(Instant now) {
    if (now >= pushes_from_ + push_window) {
        pushes_from_ = now;
        pushes_ = 0;
    }
    return ++pushes_ <= pushes_per_window;
}

std::optional<core::CheckVerdict> CheckSchedule::pushed(CheckState state, std::string message, Instant now) {
    if (!ready_ || plan_.mode == Mode::poll) {
        ++ignored_;
        return std::nullopt;
    }
    if (!push_allowed(now)) {
        ++ignored_;
        // Where it has come to by then is asked.
        due_ = std::min(due_.value_or(Instant::max()), pushes_from_ + push_window);
        return std::nullopt;
    }
    if (plan_.confirm && state == CheckState::down) {
        confirm_next_ = true;
        due_ = now;
        return std::nullopt;
    }
    confirm_next_ = false;
    lost_told_.reset();
    return verdict(state, std::move(message), true);
}

std::optional<core::CheckVerdict> CheckSchedule::report(const Report& report, Instant now) {
    const CheckState state = state_of(report.state);
    std::string message = report.message.empty() ? std::string(words_of(report.reason)) : report.message;
    if (report.probe == 0) return pushed(state, std::move(message), now);
    if (!pending_ || pending_->probe != report.probe) {
        ++ignored_;
        return std::nullopt;
    }
    const bool confirmed = pending_->confirms && state == CheckState::down;
    pending_.reset();
    lost_told_.reset();
    return verdict(state, std::move(message), confirmed);
}

std::optional<std::uint64_t> CheckSchedule::ask(Instant now) {
    if (!ready_) return std::nullopt;
    if (!due_ || *due_ > now) {
        beat_ -= interval();
        due_ = now;
    }
    return last_probe_ + 1;
}

void CheckSchedule::plan_next(Instant now) {
    using Part = std::uniform_int_distribution<Duration::rep>;
    beat_ += interval();
    // Beats that could not be kept are left out, not made up for.
    if (beat_ <= now) beat_ += interval() * ((now - beat_) / interval() + 1);
    const Duration late(plan_.jitter > Duration::zero() ? Part(0, plan_.jitter.count() - 1)(random_) : 0);
    due_ = shared_beat(beat_ + late, interval());
}

CheckSchedule::Step CheckSchedule::run(Instant now) {
    Step step;
    if (pending_ && pending_->give_up <= now) {
        pending_.reset();
        step.verdict = verdict(CheckState::unknown, "its plugin does not answer", false);
    }
    if (!ready_ || pending_ || !due_ || *due_ > now) return step;
    const Instant deadline = now + plan_.settings.timeout;
    pending_ = Pending{++last_probe_, deadline + host_slack, confirm_next_};
    confirm_next_ = false;
    step.question = Question{last_probe_, deadline};
    plan_next(now);
    return step;
}

std::optional<Instant> CheckSchedule::next_deadline() const {
    if (pending_) return pending_->give_up;
    return ready_ ? due_ : std::nullopt;
}

}  // namespace regent::plugin
