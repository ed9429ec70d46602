// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/desk.hpp"

#include <catch2/catch.hpp>
#include <sdbus-c++/Error.h>
#include <vector>

using namespace regent;
using namespace std::chrono_literals;
using bus::Desk;

namespace {

constexpr Instant start{1h};

bus::Answer done(std::uint64_t id) {
    return {id, core::OperatorAnswer{id, core::OperatorAnswer::Outcome::done, "as asked"}};
}

/// Takes all that is asked.
struct Bench {
    std::vector<std::uint64_t> asked, answered;
    Desk desk{[this](const bus::Request& request) {
        asked.push_back(request.command.id);
        return true;
    }};

    void ask(Instant now) {
        desk.ask({}, {}, now, [this](const bus::Answer& answer) { answered.push_back(answer.id); });
    }
};

}  // namespace

TEST_CASE("desk: each request is answered once, by its own answer") {
    Bench bench;
    bench.ask(start);
    bench.ask(start);
    REQUIRE(bench.asked == std::vector<std::uint64_t>{1, 2});
    bench.desk.answer(done(2));
    bench.desk.answer(done(2));
    bench.desk.answer(done(3));
    CHECK(bench.answered == std::vector<std::uint64_t>{2});
    bench.desk.forget();
    bench.desk.answer(done(1));
    CHECK(bench.answered.size() == 1);
}

TEST_CASE("desk: there is room for so many, and what is never answered does not keep it") {
    Bench bench;
    for (std::size_t i = 0; i < Desk::maximum_pending; ++i)
        bench.ask(start + i * 1ms);
    CHECK_THROWS_AS(bench.ask(start + Desk::patience - 1ns), sdbus::Error);
    bench.ask(start + Desk::patience);
    CHECK_THROWS_AS(bench.ask(start + Desk::patience), sdbus::Error);
    bench.desk.answer(done(1));
    CHECK(bench.answered.empty());
    bench.desk.answer(done(2));
    CHECK(bench.answered == std::vector<std::uint64_t>{2});
}

TEST_CASE("desk: what the agent does not take is refused and not waited for") {
    Desk desk([](const bus::Request&) { return false; });
    CHECK_THROWS_AS(desk.ask({}, {}, start, [](const bus::Answer&) { FAIL("not asked"); }), sdbus::Error);
    desk.answer(done(1));
}
