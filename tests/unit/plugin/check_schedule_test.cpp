// SPDX-License-Identifier: Apache-2.0
// When a check is asked, and what its answers mean (rules.md 13, 14; design §8).
#include "agent/plugin/check_schedule.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <regent/abi/result.h>

using namespace regent;
using namespace regent::plugin;
using namespace std::chrono_literals;
using core::CheckState;

namespace {

constexpr Instant start{1000s};

config::CheckPlan plan() {
    config::CheckPlan made;
    made.settings.name = "web";
    made.settings.interval = 1s;
    made.settings.timeout = 300ms;
    return made;
}

Report answer(std::uint64_t probe, std::uint32_t state, std::string message = "said") {
    Report made;
    made.probe = probe;
    made.state = state;
    made.reason = REGENT_REASON_REFUSED;
    made.message = std::move(message);
    return made;
}

/// Runs until the next question, and returns when it came.
std::pair<Instant, CheckSchedule::Question> ask(CheckSchedule& schedule) {
    for (int tries = 0; tries < 3; ++tries) {
        const auto at = schedule.next_deadline();
        REQUIRE(at);
        if (const auto step = schedule.run(*at); step.question) return {*at, *step.question};
    }
    FAIL("no question");
    return {};
}

}  // namespace

TEST_CASE("A check is asked at once and then every interval") {
    CheckSchedule schedule(plan(), 7);
    CHECK_FALSE(schedule.next_deadline());
    schedule.ready(start);
    const auto [first, question] = ask(schedule);
    CHECK(first == start);
    CHECK(question.deadline == start + 300ms);
    REQUIRE(schedule.report(answer(question.probe, REGENT_STATE_UP), start + 10ms));
    auto [before, second] = ask(schedule);
    CHECK(before - first <= 1s);
    CHECK(before - first >= 500ms);
    for (int number = 0; number < 5; ++number) {
        schedule.report(answer(second.probe, REGENT_STATE_UP), before + 10ms);
        const auto [at, next] = ask(schedule);
        CHECK(at - before == 1s);
        before = at;
        second = next;
    }
}

TEST_CASE("Checks that start together are not asked together, but in some twenty groups") {
    std::map<Instant, int> times;
    for (std::uint32_t seed = 1; seed <= 500; ++seed) {
        CheckSchedule schedule(plan(), seed * 2654435761U);
        schedule.ready(start);
        const auto question = ask(schedule).second;
        schedule.report(answer(question.probe, REGENT_STATE_UP), start);
        ++times[ask(schedule).first];
    }
    CHECK(times.size() >= 25);
    CHECK(times.size() <= 26);
    for (const auto& [at, checks] : times) {
        CHECK(at.time_since_epoch() % 20ms == 0ms);
        CHECK(checks < 60);
    }
}

TEST_CASE("Jitter comes on top of the beat and does not add up") {
    auto jittery = plan();
    jittery.jitter = 200ms;
    CheckSchedule schedule(jittery, 7);
    schedule.ready(start);
    Instant last = start;
    for (int number = 0; number < 100; ++number) {
        const auto [at, question] = ask(schedule);
        if (number > 1) {
            CHECK(at - last > 800ms);
            CHECK(at - last < 1200ms);
        }
        last = at;
        schedule.report(answer(question.probe, REGENT_STATE_UP), at);
    }
    CHECK(last - start > 98s);
    CHECK(last - start < 100s);
}

TEST_CASE("Beats that could not be kept are left out") {
    CheckSchedule schedule(plan(), 7);
    schedule.ready(start);
    const auto question = ask(schedule).second;
    schedule.report(answer(question.probe, REGENT_STATE_UP), start);
    const auto late = schedule.run(start + 10s);
    REQUIRE(late.question);
    schedule.report(answer(late.question->probe, REGENT_STATE_UP), start + 10s);
    CHECK_FALSE(schedule.run(start + 10s).question);
    CHECK(ask(schedule).first <= start + 11s);
}

TEST_CASE("Each question has one answer, and the host's silence is UNKNOWN") {
    CheckSchedule schedule(plan(), 7);
    schedule.ready(start);
    const auto question = ask(schedule).second;
    const auto verdict = schedule.report(answer(question.probe, REGENT_STATE_DOWN), start);
    REQUIRE(verdict);
    CHECK(verdict->check == "web");
    CHECK(verdict->state == CheckState::down);
    CHECK(verdict->message == "said");
    CHECK_FALSE(verdict->unsolicited);
    CHECK_FALSE(schedule.report(answer(question.probe, REGENT_STATE_UP), start));
    CHECK(schedule.ignored() == 1);

    const auto silent = ask(schedule).second;
    const auto step = schedule.run(silent.deadline + 250ms);
    REQUIRE(step.verdict);
    CHECK(step.verdict->state == CheckState::unknown);
    CHECK_FALSE(schedule.report(answer(silent.probe, REGENT_STATE_UP), silent.deadline + 251ms));
}

TEST_CASE("A push counts at once and in full, unless mode is poll") {
    auto made = plan();
    SECTION("both") {
        CheckSchedule schedule(made, 7);
        CHECK_FALSE(schedule.report(answer(0, REGENT_STATE_DOWN), start));
        schedule.ready(start);
        const auto verdict = schedule.report(answer(0, REGENT_STATE_DOWN), start);
        REQUIRE(verdict);
        CHECK(verdict->unsolicited);
    }
    SECTION("poll") {
        made.mode = config::Mode::poll;
        CheckSchedule schedule(made, 7);
        schedule.ready(start);
        CHECK_FALSE(schedule.report(answer(0, REGENT_STATE_DOWN), start));
        CHECK(schedule.ignored() == 1);
    }
    SECTION("event asks only every resync") {
        made.mode = config::Mode::event;
        made.resync = 30s;
        CheckSchedule schedule(made, 7);
        schedule.ready(start);
        const auto question = ask(schedule).second;
        schedule.report(answer(question.probe, REGENT_STATE_UP), start);
        CHECK(ask(schedule).first >= start + 15s);
        CHECK(schedule.report(answer(0, REGENT_STATE_DOWN), start + 1s));
    }
}

TEST_CASE("With confirm a pushed DOWN is asked about at once") {
    auto made = plan();
    made.confirm = true;
    CheckSchedule schedule(made, 7);
    schedule.ready(start);
    const auto first = ask(schedule).second;
    SECTION("and counts in full when it is confirmed") {
        schedule.report(answer(first.probe, REGENT_STATE_UP), start);
        CHECK_FALSE(schedule.report(answer(0, REGENT_STATE_DOWN), start + 100ms));
        const auto [at, question] = ask(schedule);
        CHECK(at == start + 100ms);
        const auto verdict = schedule.report(answer(question.probe, REGENT_STATE_DOWN), at);
        REQUIRE(verdict);
        CHECK(verdict->unsolicited);
    }
    SECTION("and is forgotten when it is not") {
        schedule.report(answer(first.probe, REGENT_STATE_UP), start);
        CHECK_FALSE(schedule.report(answer(0, REGENT_STATE_DOWN), start + 100ms));
        const auto [at, question] = ask(schedule);
        CHECK(schedule.report(answer(question.probe, REGENT_STATE_UP), at)->state == CheckState::up);
        const auto next = ask(schedule).second;
        CHECK_FALSE(schedule.report(answer(next.probe, REGENT_STATE_DOWN), at + 1s)->unsolicited);
    }
    SECTION("by a question that was put after it") {
        CHECK_FALSE(schedule.report(answer(0, REGENT_STATE_DOWN), start + 1ms));
        CHECK_FALSE(schedule.report(answer(first.probe, REGENT_STATE_DOWN), start + 2ms)->unsolicited);
        const auto [at, question] = ask(schedule);
        CHECK(at <= start + 2ms);
        CHECK(schedule.report(answer(question.probe, REGENT_STATE_DOWN), start + 3ms)->unsolicited);
    }
}

TEST_CASE("A plugin that pushes without end is heard 20 times a second, and then asked") {
    auto made = plan();
    made.mode = config::Mode::event;
    CheckSchedule schedule(made, 7);
    schedule.ready(start);
    const auto question = ask(schedule).second;
    schedule.report(answer(question.probe, REGENT_STATE_UP), start);
    unsigned heard = 0;
    for (unsigned number = 0; number < 1000; ++number) {
        const auto state = number % 2 == 0 ? REGENT_STATE_DOWN : REGENT_STATE_UP;
        if (schedule.report(answer(0, state), start + 1us * number)) ++heard;
    }
    CHECK(heard == 20);
    CHECK(schedule.ignored() == 980);
    CHECK(ask(schedule).first == start + 1s);
}

TEST_CASE("A lost host is told once for each reason, and its check is asked again at once when it is back") {
    CheckSchedule schedule(plan(), 7);
    schedule.ready(start);
    const auto question = ask(schedule).second;
    const auto verdict = schedule.lost("killed");
    REQUIRE(verdict);
    CHECK(verdict->state == CheckState::unknown);
    CHECK(verdict->message == "killed");
    CHECK_FALSE(schedule.lost("killed"));
    CHECK(schedule.lost("refused")->message == "refused");
    CHECK_FALSE(schedule.lost("refused"));
    CHECK_FALSE(schedule.next_deadline());
    CHECK_FALSE(schedule.report(answer(question.probe, REGENT_STATE_UP), start));
    schedule.ready(start + 5s);
    const auto [at, again] = ask(schedule);
    CHECK(at == start + 5s);
    CHECK(again.probe != question.probe);
    CHECK(schedule.report(answer(again.probe, REGENT_STATE_UP), at)->state == CheckState::up);
    CHECK(schedule.lost("killed"));
}

TEST_CASE("A check without a message has the words of its reason") {
    CheckSchedule schedule(plan(), 7);
    schedule.ready(start);
    const auto question = ask(schedule).second;
    CHECK(schedule.report(answer(question.probe, REGENT_STATE_DOWN, ""), start)->message == "refused");
}
