// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/notifier_runner.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

#include "agent/plugin/message_text.hpp"

namespace regent::plugin {
namespace {

using namespace std::chrono_literals;
using core::LogLevel;

constexpr Duration retry_after = 10s;
constexpr Duration failure_spacing = 10s;
/// How long a host may take to say that a plugin has not finished.
constexpr Duration host_slack = 250ms;

}  // namespace

NotifierRunner::NotifierRunner(config::NotifierPlan plan, InstanceId instance, HostLink& link, Agenda& agenda,
                               const Outlets& outlets)
    : plan_(std::move(plan)),
      instance_(instance),
      link_(link),
      agenda_(agenda),
      outlets_(outlets),
      queue_(plan_.events, plan_.queue) {
    link_.add(instance_, *this);
}

NotifierRunner::~NotifierRunner() {
    constexpr auto gone = "the notifier was removed or changed";
    if (const auto event = queue_.lost()) settle(*event, false, gone);
    for (const auto& event : queue_.take_waiting())
        settle(event, false, gone);
    link_.remove(instance_);
    agenda_.remove(*this);
}

Create NotifierRunner::creation() const {
    return {instance_, config::PluginKind::notifier, plan_.use.type, fmt::format("notifier {}", plan_.name),
            plan_.use.values};
}

NotifierStatus NotifierRunner::status() const {
    const auto& counters = queue_.counters();
    return {plan_.name,
            plan_.use.type,
            plan_.use.plugin.stem(),
            static_cast<std::uint32_t>(queue_.size()),
            counters.delivered,
            counters.failed,
            counters.dropped,
            last_failure_,
            failing_};
}

void NotifierRunner::push(const notify::Event& event, Instant now) {
    if (const auto dropped = queue_.push(event)) settle(*dropped, false, "there was no room in its queue");
    if (retry_) fail_tests(refusal_);
    tell_failures(now);
    deliver(now);
}

void NotifierRunner::deliver(Instant now) {
    if (!ready_) return;
    if (const auto delivery = queue_.next(now + plan_.timeout + host_slack)) {
        const auto& event = delivery->event;
        const Notify message{instance_,
                             delivery->id,
                             (now + plan_.timeout).time_since_epoch().count(),
                             static_cast<std::uint32_t>(event.kind),
                             event.sequence,
                             event.wall_ns,
                             event.priority,
                             link_.node(),
                             event.name,
                             event.group,
                             event.old_state,
                             event.new_state,
                             fit(event.reason, maximum_text),
                             now.time_since_epoch().count()};
        link_.send(message, now);
    }
    agenda_.update(*this);
}

void NotifierRunner::tell_failures(Instant now) {
    const auto& counters = queue_.counters();
    if (untold() == 0 || (told_at_ && now < *told_at_ + failure_spacing)) return;
    outlets_.log(LogLevel::warning,
                 fmt::format("notifier {}: {} more not delivered ({} failed and {} dropped so far){}{}",
                             plan_.name, untold(), counters.failed, counters.dropped,
                             last_failure_.empty() ? "" : ": ", last_failure_));
    failures_told_ += untold();
    told_at_ = now;
}

void NotifierRunner::on_created(Instant now) {
    retry_.reset();
    ready_ = true;
    if (!std::exchange(refusal_, {}).empty()) failing_ = false;
    deliver(now);
}

void NotifierRunner::on_refused(const Refused& refused, Instant now) {
    if (refusal_ != refused.text)
        outlets_.log(LogLevel::warning, fmt::format("notifier {} cannot work: {}", plan_.name, refused.text));
    retry_ = now + retry_after;
    refusal_ = last_failure_ = refused.text;
    failing_ = true;
    fail_tests(refusal_);
    agenda_.update(*this);
}

void NotifierRunner::on_lost(const std::string& why, Instant now) {
    retry_.reset();
    ready_ = false;
    fail_tests(why);
    give_up(why, now);
    agenda_.update(*this);
}

void NotifierRunner::on_ack(const Ack& ack, Instant now) {
    const auto event = queue_.ended(ack.event, ack.delivered);
    if (!event) return;
    settle(*event, ack.delivered, ack.text);
    failing_ = !ack.delivered;
    if (!ack.delivered) last_failure_ = ack.text;
    tell_failures(now);
    deliver(now);
}

void NotifierRunner::give_up(const std::string& why, Instant now) {
    last_failure_ = why;
    if (const auto event = queue_.lost()) {
        failing_ = true;
        settle(*event, false, why);
    }
    tell_failures(now);
}

void NotifierRunner::fail_tests(const std::string& why) {
    for (const auto& test : queue_.fail_tests()) {
        last_failure_ = why;
        failing_ = true;
        settle(test, false, why);
    }
}

void NotifierRunner::settle(const notify::Event& event, bool delivered, const std::string& why) {
    using Outcome = OrderAnswer::Outcome;
    if (!delivered) outlets_.incident(DeliveryFailed{plan_.name, event.sequence, why});
    if (event.order != 0)
        outlets_.answer({event.order, delivered ? Outcome::done : Outcome::failed, {}, why});
}

std::uint64_t NotifierRunner::untold() const {
    return queue_.counters().failed + queue_.counters().dropped - failures_told_;
}

std::optional<Instant> NotifierRunner::next_deadline() const {
    auto next = retry_ ? retry_ : queue_.next_deadline();
    if (untold() > 0 && told_at_) next = std::min(next.value_or(Instant::max()), *told_at_ + failure_spacing);
    return next;
}

void NotifierRunner::run(Instant now) {
    tell_failures(now);
    if (retry_ && *retry_ <= now) {
        retry_.reset();
        link_.add(instance_, *this);
    }
    const auto until = queue_.next_deadline();
    if (until && *until <= now) {
        give_up("its plugin does not answer", now);
        deliver(now);
    }
}

}  // namespace regent::plugin
