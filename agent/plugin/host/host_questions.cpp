// SPDX-License-Identifier: Apache-2.0
// Probes, events, and what happens when their time is over.
#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/epoll.h>

#include "agent/base/text.hpp"
#include "agent/plugin/host/abi_values.hpp"
#include "agent/plugin/host/call.hpp"

namespace regent::plugin::host {
namespace {

// Timers that are run in one turn of the loop, so that the sockets have theirs.
constexpr int timers_a_turn = 256;

std::string event_json(const Notify& event) {
    static constexpr std::array kinds{"", "instance", "group", "test"};
    const nlohmann::ordered_json json = {{"kind", kinds.at(event.kind)}, {"sequence", event.sequence},
                                         {"wall_ns", event.wall},        {"node", event.node},
                                         {"name", event.name},           {"group", event.group},
                                         {"old_state", event.old_state}, {"new_state", event.new_state},
                                         {"priority", event.priority},   {"reason", event.reason}};
    return json.dump();
}

/// "300 ms": to the millisecond, for an agent that does not say when it asked.
std::string time_given(Instant asked, Instant deadline) {
    return to_text(std::chrono::round<std::chrono::milliseconds>(deadline - asked));
}

}  // namespace

bool Host::ask(Instance& instance, std::uint64_t question, std::int64_t asked, std::int64_t deadline) {
    const Operations& ops = operations(instance);
    const std::uint64_t before = instance.question;
    if (mailbox_.give_up(instance.id, before))
        call(instance.id, "cancel", [&] { ops.cancel(instance.self, before); });
    const Instant now = platform::now();
    const Instant until{Duration(deadline)};
    instance.question = question;
    instance.asked = asked > 0 ? std::min(Instant(Duration(asked)), now) : now;
    instance.until = until;
    instance.received = now;
    instance.held_up = held_up_;
    if (until <= now) {
        tell_failure(instance, question, REGENT_STATE_UNKNOWN, REGENT_REASON_INTERNAL,
                     fmt::format("the plugin host was asked {} too late", to_text(now - until)));
        return false;
    }
    mailbox_.ask(instance.id, question, instance.asked);
    timers_.set({instance.id, Timers::Use::deadline, 0}, until);
    return true;
}

void Host::tell_failure(const Instance& instance, std::uint64_t question, std::uint32_t state,
                        std::uint32_t reason, const std::string& text) {
    hand_on();  // what it said before
    if (operations(instance).notify != nullptr) {
        link_.send(Ack{instance.id, question, false, text});
    } else {
        const Duration elapsed = platform::now() - instance.asked;
        link_.send(Report{instance.id, question, state, reason, 0, elapsed.count(), text, {}});
    }
}

void Host::handle(const Probe& probe) {
    Instance* instance = find(probe.instance);
    // It was refused, and the agent has not heard of that yet.
    if (instance == nullptr) return;
    const Operations& ops = operations(*instance);
    if (ops.probe == nullptr) return end_because("the agent probed a notifier");
    if (!ask(*instance, probe.probe, probe.asked, probe.deadline)) return;
    const bool returned =
        call(instance->id, "probe", [&] { ops.probe(instance->self, probe.probe, probe.deadline); });
    if (!returned && mailbox_.give_up(instance->id, probe.probe))
        tell_failure(*instance, probe.probe, REGENT_STATE_UNKNOWN, REGENT_REASON_INTERNAL,
                     "the plugin threw an exception");
}

void Host::handle(const Notify& notify) {
    Instance* instance = find(notify.instance);
    if (instance == nullptr) return;
    const Operations& ops = operations(*instance);
    if (ops.notify == nullptr) return end_because("the agent notified a check");
    if (!ask(*instance, notify.event, notify.asked, notify.deadline)) return;
    const bool returned = call(instance->id, "notify", [&] {
        const std::string json = event_json(notify);
        const regent_event event{sizeof event,
                                 notify.kind,
                                 notify.event,
                                 notify.sequence,
                                 notify.wall,
                                 notify.priority,
                                 0,
                                 abi_text(notify.node),
                                 abi_text(notify.name),
                                 abi_text(notify.group),
                                 abi_text(notify.old_state),
                                 abi_text(notify.new_state),
                                 abi_text(notify.reason),
                                 abi_text(json)};
        ops.notify(instance->self, &event);
    });
    if (!returned && mailbox_.give_up(instance->id, notify.event))
        tell_failure(*instance, notify.event, 0, 0, "the plugin threw an exception");
}

void Host::run_due() {
    armed_.reset();
    const Instant now = platform::now();
    for (int run = 0; run < timers_a_turn; ++run) {
        const auto due = timers_.take_due(now);
        if (!due) break;
        Instance* instance = find(due->instance);
        if (instance == nullptr) continue;
        if (due->use == Timers::Use::deadline) {
            time_is_over(*instance);
        } else if (const auto on_timer = operations(*instance).on_timer) {
            call(due->instance, "on_timer", [&] { on_timer(instance->self, due->timer); });
        }
    }
    settle();
}

void Host::in_time(InstanceId id, std::uint64_t question) {
    const Instance* instance = find(id);
    if (instance != nullptr && instance->question == question) timers_.clear({id, Timers::Use::deadline, 0});
}

void Host::time_is_over(Instance& instance) {
    const std::uint64_t question = instance.question;
    if (!mailbox_.is_open(instance.id, question)) return;
    look_once_more(instance.id);
    if (!mailbox_.give_up(instance.id, question)) return;
    const std::string time = time_given(instance.asked, instance.until);
    const bool notifier = operations(instance).notify != nullptr;
    const Duration lost = time_lost(instance);
    // Whoever had no time to look cannot say that what it looks at gives no answer.
    if (!notifier && lost > (instance.until - instance.asked) / 2) {
        tell_failure(instance, question, REGENT_STATE_UNKNOWN, REGENT_REASON_INTERNAL,
                     fmt::format("no answer within {}, but its plugin host was held up for {} of that", time,
                                 to_text(std::chrono::round<std::chrono::milliseconds>(lost))));
    } else {
        tell_failure(
            instance, question, REGENT_STATE_DOWN, REGENT_REASON_TIMEOUT,
            notifier ? fmt::format("not done within {}", time) : fmt::format("no answer within {}", time));
    }
    call(instance.id, "cancel", [&] { operations(instance).cancel(instance.self, question); });
}

Duration Host::time_lost(const Instance& instance) const {
    // What a slow call took beyond the deadline is not missing before it.
    const Duration beyond = std::max(held_up_until_ - instance.until, Duration::zero());
    return (instance.received - instance.asked) + (held_up_ - instance.held_up) - beyond;
}

/// Another instance, or the scheduler, may have held up this thread while the answer lay in the socket.
void Host::look_once_more(InstanceId id) {
    Instance* instance = find(id);
    std::vector<pollfd> ready;
    static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLERR == POLLERR && EPOLLHUP == POLLHUP);
    for (const auto& [fd, events] : instance->watched)
        ready.push_back({fd, static_cast<short>(events), 0});
    if (ready.empty() || ::poll(ready.data(), ready.size(), 0) <= 0) return;
    for (const pollfd& each : ready) {
        const auto watched = instance->watched.find(each.fd);
        if (each.revents == 0 || watched == instance->watched.end()) continue;
        // The loop may have seen the same, and must not tell it once more.
        if (watch_anew(*instance, each.fd, watched->second) == 0)
            deliver(id, each.fd, static_cast<platform::EventLoop::Events>(each.revents));
    }
}

void Host::deliver(InstanceId id, int fd, platform::EventLoop::Events events) {
    const Instance* instance = find(id);
    if (instance == nullptr || operations(*instance).on_fd == nullptr) return;
    std::uint32_t seen = 0;
    if ((events & EPOLLIN) != 0) seen |= REGENT_FD_READ;
    if ((events & EPOLLOUT) != 0) seen |= REGENT_FD_WRITE;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) seen |= REGENT_FD_ERROR;
    call(id, "on_fd", [&] { operations(*instance).on_fd(instance->self, fd, seen); });
}

}  // namespace regent::plugin::host
