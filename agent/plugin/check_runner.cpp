// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/check_runner.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <functional>
#include <limits>
#include <regent/abi/result.h>
#include <string_view>

namespace regent::plugin {
namespace {

using namespace std::chrono_literals;
using core::CheckState;
using core::LogLevel;

constexpr Duration retry_after = 10s;
constexpr Duration log_window = 10s;
// A verdict that found the engine's queue full is not missing for longer.
constexpr Duration tell_again_after = 10s;
constexpr unsigned lines_per_window = 10;

std::string_view word(CheckState state) {
    switch (state) {
        case CheckState::up: return "UP";
        case CheckState::degraded: return "DEGRADED";
        case CheckState::down: return "DOWN";
        case CheckState::unknown: break;
    }
    return "UNKNOWN";
}

std::string lower_word(CheckState state) {
    switch (state) {
        case CheckState::up: return "up";
        case CheckState::degraded: return "degraded";
        case CheckState::down: return "down";
        case CheckState::unknown: break;
    }
    return "unknown";
}

constexpr auto any_probe = std::numeric_limits<std::uint64_t>::max();

/// As regent/abi/result.h numbers them.
constexpr std::array<std::string_view, 14> reason_words{
    "",     "ok",        "timeout", "refused",  "unreachable", "reset",  "protocol",
    "auth", "not_found", "exited",  "resource", "permission",  "config", "internal"};

std::uint32_t seed_of(const std::string& name) {
    return static_cast<std::uint32_t>(std::hash<std::string>{}(name));
}

std::int64_t nanoseconds(Instant at) {
    return at.time_since_epoch().count();
}

}  // namespace

CheckRunner::CheckRunner(config::CheckPlan plan, InstanceId instance, HostLink& link, Agenda& agenda,
                         const Outlets& outlets)
    : plan_(std::move(plan)),
      instance_(instance),
      link_(link),
      agenda_(agenda),
      outlets_(outlets),
      schedule_(plan_, seed_of(plan_.settings.name)) {
    status_.name = plan_.settings.name;
    status_.type = plan_.use.type;
    status_.plugin = plan_.use.plugin.stem();
    status_.rise = plan_.settings.rise;
    status_.fall = plan_.settings.fall;
    link_.add(instance_, *this);
}

CheckRunner::~CheckRunner() {
    for (const auto& asked : asked_)
        outlets_.answer({asked.order, OrderAnswer::Outcome::failed, {}, "the check was removed or changed"});
    link_.remove(instance_);
    agenda_.remove(*this);
}

Create CheckRunner::creation() const {
    return {instance_, config::PluginKind::check, plan_.use.type,
            fmt::format("check {}", plan_.settings.name), plan_.use.values};
}

void CheckRunner::on_created(Instant now) {
    retry_.reset();
    schedule_.ready(now);
    agenda_.update(*this);
}

void CheckRunner::on_refused(const Refused& refused, Instant now) {
    if (const auto verdict = schedule_.lost(refused.text)) tell_unseen(*verdict, now);
    answer(any_probe, CheckState::unknown, refused.text);
    retry_ = now + retry_after;
    agenda_.update(*this);
}

void CheckRunner::on_lost(const std::string& why, Instant now) {
    retry_.reset();
    if (const auto verdict = schedule_.lost(why)) tell_unseen(*verdict, now);
    answer(any_probe, CheckState::unknown, why);
    agenda_.update(*this);
}

void CheckRunner::on_restart(const std::string& why, Instant) {
    retry_.reset();
    schedule_.pause();
    answer(any_probe, CheckState::unknown, why);
    agenda_.update(*this);
}

void CheckRunner::on_report(const Report& report, Instant now) {
    if (const auto verdict = schedule_.report(report, now)) {
        status_.elapsed = Duration(report.elapsed);
        status_.metrics.clear();
        for (const auto& metric : report.metrics)
            status_.metrics[metric.name] = metric.value;
        status_.reason = report.reason < reason_words.size() ? reason_words[report.reason] : "";
        tell(*verdict, now);
        if (report.probe != 0) answer(report.probe, verdict->state, verdict->message);
    }
    agenda_.update(*this);
}

std::optional<Instant> CheckRunner::next_deadline() const {
    return retry_ ? retry_ : schedule_.next_deadline();
}

void CheckRunner::run(Instant now) {
    if (retry_ && *retry_ <= now) {
        retry_.reset();
        link_.add(instance_, *this);
    }
    const auto under_way = schedule_.under_way();
    const auto step = schedule_.run(now);
    if (step.verdict) {
        tell_unseen(*step.verdict, now);
        answer(under_way.value_or(0), step.verdict->state, step.verdict->message);
    }
    if (step.question)
        link_.send(
            Probe{instance_, step.question->probe, nanoseconds(step.question->deadline), nanoseconds(now)},
            now);
}

void CheckRunner::ask(std::uint64_t order, Instant now) {
    using Outcome = OrderAnswer::Outcome;
    if (asked_.size() == maximum_asked)
        return outlets_.answer({order, Outcome::busy, {}, "it is being asked by too many already"});
    const auto probe = schedule_.ask(now);
    if (!probe)
        return outlets_.answer({order, Outcome::done, lower_word(CheckState::unknown),
                                status_.message.empty() ? "its plugin host does not run" : status_.message});
    asked_.push_back({order, *probe});
    agenda_.update(*this);
}

void CheckRunner::answer(std::uint64_t probe, CheckState state, const std::string& message) {
    std::erase_if(asked_, [&](const Asked& asked) {
        if (asked.probe > probe) return false;
        outlets_.answer({asked.order, OrderAnswer::Outcome::done, lower_word(state), message});
        return true;
    });
}

void CheckRunner::tell_unseen(const core::CheckVerdict& verdict, Instant now) {
    status_.reason = reason_words[REGENT_REASON_INTERNAL];
    tell(verdict, now);
}

void CheckRunner::tell(const core::CheckVerdict& verdict, Instant now) {
    if (!last_ || last_->state != verdict.state) log_change(verdict, now);
    const std::string state = lower_word(verdict.state);
    if (status_.state != state) status_.since = now;
    status_.state = state;
    status_.message = verdict.message;
    if (adds_nothing(verdict, now)) return;
    same_ = last_ && last_->state == verdict.state ? same_ + 1 : 1;
    last_ = verdict;
    told_at_ = now;
    outlets_.verdict(verdict);
}

bool CheckRunner::adds_nothing(const core::CheckVerdict& verdict, Instant now) const {
    if (!last_ || verdict.state != last_->state || verdict.unsolicited || now >= told_at_ + tell_again_after)
        return false;
    const bool good = verdict.state == CheckState::up || verdict.state == CheckState::degraded;
    return same_ >= std::max(plan_.settings.rise, plan_.settings.fall) &&
           (good || verdict.message == last_->message);
}

void CheckRunner::log_change(const core::CheckVerdict& verdict, Instant now) {
    if (now >= lines_from_ + log_window) {
        lines_from_ = now;
        lines_ = 0;
    }
    if (++lines_ > lines_per_window) {
        ++unlogged_;
        return;
    }
    const bool good = verdict.state == CheckState::up || verdict.state == CheckState::degraded;
    std::string text = fmt::format("check {} is {}", verdict.check, word(verdict.state));
    if (!verdict.message.empty()) text += ": " + verdict.message;
    if (unlogged_ > 0) text += fmt::format(" ({} changes before were not logged)", unlogged_);
    unlogged_ = 0;
    outlets_.log(good ? LogLevel::notice : LogLevel::warning, text);
}

}  // namespace regent::plugin
