// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host/host.hpp"

#include <fmt/core.h>

#include "agent/base/text.hpp"
#include "agent/plugin/host/call.hpp"
#include "agent/plugin/message_text.hpp"

namespace regent::plugin::host {

// Frames that wait for the agent before reports stay in the mailbox, which is bounded by itself.
constexpr std::size_t busy_link = 64;

Host::Host(Contract contract, Mailbox& mailbox, platform::EventLoop& loop, platform::Descriptor socket)
    : contract_(std::move(contract)),
      mailbox_(mailbox),
      loop_(loop),
      table_{make_table(), this},
      link_(std::move(socket), loop,
            {[this](const ToHost& message) { receive(message); },
             [this](const std::string& why) { end_because(why); }, [this] { settle(); }}) {}

Host::~Host() = default;

std::string Host::run() {
    const auto wired = [&]() -> Result<void> {
        if (auto done = link_.open(); !done) return done;
        if (auto done = loop_.add_timer([this] { run_due(); }); !done) return done;
        return loop_.watch(mailbox_.fd(), [this] {
            mailbox_.clear_signal();
            settle();
        });
    }();
    if (!wired) return wired.error().text;
    link_.send(HostHello{protocol_version, contract_.description.id, contract_.description.version});
    link_.flush();
    if (auto done = loop_.run(); !done) return done.error().text;
    return why_;
}

void Host::end_because(const std::string& why) {
    if (!std::exchange(ended_, true)) why_ = why;
    loop_.quit();
}

void Host::receive(const ToHost& message) {
    if (ended_) return;
    if (!greeted_ && !std::holds_alternative<AgentHello>(message))
        return end_because("the agent began without a hello");
    std::visit([this](const auto& kind) { handle(kind); }, message);
}

void Host::handle(const AgentHello& hello) {
    if (hello.version != protocol_version)
        return end_because(fmt::format("the agent speaks version {} of the protocol, this host version {}",
                                       hello.version, protocol_version));
    greeted_ = true;
}

void Host::handle(const Ping& ping) {
    const auto counted = mailbox_.counters();
    link_.send(Pong{ping.number, counted.late_calls, counted.dropped_logs, slow_calls_, slowest_.count(),
                    counted.dropped_reports});
}

void Host::settle() {
    // Bounded: who wakes itself whenever it is woken has its next turn after the sockets had theirs.
    for (const InstanceId id : mailbox_.take_wakes()) {
        const auto* instance = find(id);
        if (instance == nullptr || operations(*instance).on_wake == nullptr) continue;
        call(id, "on_wake", [&] { operations(*instance).on_wake(instance->self); });
    }
    mailbox_.signal_if_woken();
    hand_on();
    link_.flush();
    const auto next = timers_.next();
    if (next == armed_) return;
    armed_ = next;
    loop_.set_timer(next);
}

void Host::hand_on() {
    for (;;) {
        if (link_.waiting() > busy_link) link_.flush();
        if (link_.waiting() > busy_link) return;
        const auto taken = mailbox_.take(busy_link);
        for (const auto& message : taken) {
            if (const auto* report = std::get_if<Report>(&message)) in_time(report->instance, report->probe);
            if (const auto* ack = std::get_if<Ack>(&message)) in_time(ack->instance, ack->event);
            link_.send(message);
        }
        if (taken.size() < busy_link) return;
    }
}

void Host::after_call(InstanceId id, const char* name, Duration took, const char* thrown) {
    if (thrown != nullptr)
        mailbox_.log(id, REGENT_LOG_ERROR, fmt::format("{} threw an exception: {}", name, thrown),
                     platform::now());
    if (took <= slow) return;
    ++slow_calls_;
    slowest_ = std::max(slowest_, took);
    held_up_ += took;
    held_up_until_ = platform::now();
    const auto rounded = std::chrono::round<std::chrono::milliseconds>(took);
    mailbox_.log(id, REGENT_LOG_WARNING,
                 fmt::format("{} kept every other instance waiting for {}", name, to_text(rounded)),
                 platform::now());
}

}  // namespace regent::plugin::host
