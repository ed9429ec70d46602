// SPDX-License-Identifier: Apache-2.0
#include "plugins/docker/docker_check.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace regent::plugins::docker {
namespace {

/// How long dockerd may take to answer what nobody asked us for.
constexpr sdk::Duration own_patience = std::chrono::seconds(2);
/// How long after an event the facts are waited for before the event is believed. dockerd does not answer for
/// a container that is paused during one of its health checks until that has timed out, 30 s as a rule.
constexpr sdk::Duration event_patience = std::chrono::milliseconds(30);

}  // namespace

void DockerCheck::validate(const sdk::Values& values) {
    (void)docker::peer(values);
    (void)docker::wanted(values);
}

DockerCheck::DockerCheck(sdk::Context context, const sdk::Values& values)
    : Member(context),
      wanted_(wanted(values)),
      daemon_(Daemon::at(peer(values))),
      watched_(context),
      look_(*daemon_, wanted_) {}

void DockerCheck::start() {
    daemon_->join(*this);
}

void DockerCheck::stop() {
    look_.cancel();
    watched_.clear();
    context().clear_timer(deadline_timer);
    context().clear_timer(look_timer);
    context().clear_timer(event_timer);
    daemon_->leave(*this);
}

void DockerCheck::probe(sdk::ProbeId probe, sdk::Instant deadline) {
    probe_ = probe;
    look(deadline);
}

void DockerCheck::cancel(sdk::ProbeId) {
    probe_ = sdk::unsolicited;
    look_.cancel();
    context().clear_timer(deadline_timer);
    // What an event has told of meanwhile is still to be looked at.
    if (look_again_) look_soon();
}

void DockerCheck::look_soon() {
    look_again_ = look_.is_active();
    if (!look_again_) context().set_timer(look_timer, context().now());
}

void DockerCheck::look(sdk::Instant deadline) {
    ++looks_;
    look_again_ = false;
    context().clear_timer(look_timer);
    patience_ = deadline - context().now();
    // Before the host's own deadline: it would say DOWN, and that dockerd hangs is no fault of the container.
    context().set_timer(deadline_timer,
                        deadline - std::max<sdk::Duration>(patience_ / 20, std::chrono::milliseconds(1)));
    look_.start([this](Look::Sight sight) {
        const auto enough = sight || !look_.is_answered() ? std::nullopt : enough_of_label();
        if (enough) return answer(*enough);
        take(std::move(sight));
    });
}

void DockerCheck::take(Look::Sight sight) {
    if (sight) {
        context().clear_timer(event_timer);
        containers_ = std::move(*sight);
        if (!daemon_->peer().unix_socket.empty()) watched_.update(containers_);
        return answer(judge(containers_, wanted_));
    }
    // dockerd is not needed to know that a process has ended, nor any more for what it has told.
    watched_.mark(containers_);
    answer(known_down().value_or(sight.error()));
}

std::optional<sdk::Result> DockerCheck::known_down() const {
    const bool is_known = std::any_of(containers_.begin(), containers_.end(), [](const Container& container) {
        return container.is_process_gone || container.is_by_event;
    });
    if (!is_known) return std::nullopt;
    sdk::Result result = judge(containers_, wanted_);
    return result.state == sdk::State::down ? std::optional(std::move(result)) : std::nullopt;
}

std::optional<sdk::Result> DockerCheck::enough_of_label() const {
    if (!wanted_.container.empty()) return std::nullopt;
    std::vector<Container> answered = look_.found();
    watched_.mark(answered);
    sdk::Result result = judge(answered, wanted_);
    if (result.state != sdk::State::up) return std::nullopt;
    result.message += ", and dockerd does not answer for all there are";
    return result;
}

void DockerCheck::answer(const sdk::Result& result) {
    context().clear_timer(deadline_timer);
    const auto probe = std::exchange(probe_, sdk::unsolicited);
    if (probe == sdk::unsolicited) {
        push(result);
    } else {
        told_ = result.state;
        context().report(probe, result);
    }
    // What was seen is true, but that it stays so is nobody's to tell any more.
    if (const auto lost = std::exchange(lost_, std::nullopt)) push(*lost);
    if (look_again_) look_soon();
}

void DockerCheck::push(const sdk::Result& result) {
    if (told_ == result.state) return;
    told_ = result.state;
    context().report(sdk::unsolicited, result);
}

void DockerCheck::on_fd(int fd, std::uint32_t events) {
    if (watched_.on_fd(fd).empty()) {
        daemon_->on_fd(fd, events);
        return;
    }
    watched_.mark(containers_);
    if (const auto down = known_down()) push(*down);
    // It may be back already, and a probe may be about to hear from dockerd that it never was away.
    look_soon();
}

void DockerCheck::on_timer(std::uint64_t timer) {
    if (timer == event_timer) {
        if (const auto told = known_down()) push(*told);
        return;
    }
    if (timer == look_timer) return look(context().now() + own_patience);
    if (timer != deadline_timer) {
        daemon_->on_timer(timer);
        return;
    }
    if (!look_.is_active()) return;
    const std::string awaited = look_.awaited();
    const auto enough = enough_of_label();
    look_.cancel();
    if (enough) return answer(*enough);
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(patience_).count();
    take(tl::unexpected(sdk::unknown(
        sdk::Reason::timeout, fmt::format("dockerd hangs: waited {} ms in vain for {}", waited, awaited))));
}

void DockerCheck::on_event(const Event& event) {
    const auto known = std::find_if(containers_.begin(), containers_.end(),
                                    [&](const Container& container) { return container.id == event.id; });
    if (known == containers_.end() && !wanted_.concerns(event)) return;
    // After a lost connection old ones are told again: only the last of several is true, and it may take us a
    // moment to come to that.
    if (known != containers_.end()) apply(event, *known);
    if (known != containers_.end() && known->is_by_event)
        context().set_timer(event_timer, context().now() + event_patience);
    look_soon();
}

void DockerCheck::on_stream_lost(const sdk::Result& why) {
    lost_ = why;
    if (!look_.is_active()) take(tl::unexpected(why));
}

std::string DockerCheck::describe() const {
    return fmt::format(
        R"({{"streaming":{},"members":{},"streams":{},"events":{},"looks":{},"containers":{},"pidfds":{}}})",
        daemon_->is_streaming(), daemon_->members(), daemon_->streams(), daemon_->events(), looks_,
        containers_.size(), watched_.size());
}

}  // namespace regent::plugins::docker
