// SPDX-License-Identifier: Apache-2.0
#include "sdk/plugin-check/session.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "agent/platform/clock.hpp"

namespace regent::plugin_check {
namespace {

using namespace std::chrono_literals;

// Timers of an instance are as exact as this in a test.
constexpr auto slice = 2ms;
// How long something that must not come after the end is waited for.
constexpr auto aftermath = 20ms;

sdk::Event event() {
    sdk::Event made;
    made.kind = sdk::EventKind::instance;
    made.sequence = 1;
    made.wall_ns = 1'700'000'000'000'000'000;
    made.priority = 101;
    made.node = "lb1";
    made.name = "VI_1";
    made.group = "pair";
    made.old_state = "backup";
    made.new_state = "master";
    made.reason = "regent-plugin-check tries the notifier";
    made.json = R"({"kind":"instance","node":"lb1","name":"VI_1","group":"pair","old":"backup",)"
                R"("new":"master","priority":101,"sequence":1,)"
                R"("reason":"regent-plugin-check tries the notifier"})";
    return made;
}

}  // namespace

void Session::start(Instance& instance) {
    try {
        instance.start();
    } catch (const sdk::testing::Refused& refused) {
        throw Skipped{fmt::format("it does not start with what was tried ({}): give other values by --param",
                                  refused.what())};
    }
}

std::uint64_t Session::ask(Instance& instance, sdk::Duration time) const {
    return subject_.is_check ? static_cast<std::uint64_t>(instance.probe(time))
                             : instance.notify(event(), time);
}

std::optional<Answer> Session::answer(const Instance& instance, std::uint64_t number) const {
    if (subject_.is_check) {
        const auto report = instance.answer(sdk::ProbeId{number});
        if (!report) return std::nullopt;
        return Answer{report->state, report->reason, report->message, report->by_host};
    }
    for (const auto& ack : instance.acks()) {
        if (ack.event_id == number)
            return Answer{ack.delivered ? sdk::State::up : sdk::State::down, {}, ack.text, ack.by_host};
    }
    return std::nullopt;
}

bool Session::serve(std::chrono::milliseconds limit, const std::function<bool()>& done) {
    const Instant end = platform::now() + limit;
    Instant last = platform::now();
    while (!done()) {
        const Instant now = platform::now();
        host_.advance(now - std::exchange(last, now));
        if (done()) return true;
        if (now >= end) return false;
        host_.poll_once(slice);
    }
    return true;
}

Answer Session::ask_and_wait(Instance& instance) {
    const std::uint64_t number = ask(instance);
    serve(deadline + 2000ms, [&] { return answer(instance, number).has_value(); });
    return answer(instance, number).value_or(Answer{sdk::State::unknown, sdk::Reason::timeout, {}, true});
}

void Session::demand(Rule rule) {
    for (const Violation& violation : host_.breaches()) {
        if (violation.rule == rule) throw Failed{violation.text};
    }
}

void live(Session& session, const std::function<void()>& step) {
    {
        Instance instance = session.create();
        step();
        session.start(instance);
        step();
        for (int count = 0; count < 3; ++count) {
            session.ask_and_wait(instance);
            step();
        }
        session.ask(instance);
        step();
        instance.cancel();
        session.serve(5ms);
        step();
        session.ask_and_wait(instance);
        session.ask(instance);
        instance.stop();
        step();
        session.serve(aftermath);
    }
    session.serve(aftermath);
    step();
}

}  // namespace regent::plugin_check
