// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "agent/config/duration_text.hpp"

namespace regent::config {
namespace {

using namespace std::chrono_literals;

Duration parse(std::string_view text) {
    const auto parsed = parse_duration(text);
    INFO(text);
    REQUIRE(parsed);
    return *parsed;
}

std::string refusal(std::string_view text) {
    const auto parsed = parse_duration(text);
    return parsed ? "none" : parsed.error().text;
}

TEST_CASE("durations are a number and a unit") {
    CHECK(parse("0s") == 0s);
    CHECK(parse("5ns") == 5ns);
    CHECK(parse("10us") == 10us);
    CHECK(parse("250ms") == 250ms);
    CHECK(parse("1s") == 1s);
    CHECK(parse("007s") == 7s);
    CHECK(parse("2m") == 120s);
    CHECK(parse("168h") == maximum_duration);
    CHECK(parse("40.95s") == 40950ms);
    CHECK(parse("0.000000001s") == 1ns);
    CHECK(parse("1.50ms") == 1500us);
    CHECK(parse("1.0ns") == 1ns);
    CHECK(parse("0.5h") == 30min);
}

TEST_CASE("everything else is refused with a reason") {
    CHECK(refusal("") == "is not a number with a unit");
    CHECK(refusal("s") == "is not a number with a unit");
    CHECK(refusal(".5s") == "is not a number with a unit");
    CHECK(refusal("+1s") == "is not a number with a unit");
    CHECK(refusal("-1s") == "is negative");
    CHECK(refusal("1") == "has no unit");
    CHECK(refusal("1.5") == "has no unit");
    CHECK(refusal("1.s") == "has no digit after the point");
    CHECK(refusal("1 s") == "has an unknown unit");
    CHECK(refusal("1S") == "has an unknown unit");
    CHECK(refusal("1s ") == "has an unknown unit");
    CHECK(refusal("1m30s") == "has an unknown unit");
    CHECK(refusal("1e3s") == "has an unknown unit");
    CHECK(refusal("0.5ns") == "is not a whole number of nanoseconds");
    CHECK(refusal("0.0000000001s") == "is not a whole number of nanoseconds");
    CHECK(refusal("169h") == "is longer than 168h");
    CHECK(refusal("168.000001h") == "is longer than 168h");
    CHECK(refusal("999999999999h") == "is longer than 168h");
    CHECK(refusal("9999999999999999999999999s") == "has too many digits");
}

TEST_CASE("durations print short and exact") {
    CHECK(format_duration(0s) == "0s");
    CHECK(format_duration(1500ms) == "1500ms");
    CHECK(format_duration(90s) == "90s");
    CHECK(format_duration(1h) == "1h");
    CHECK(format_duration(1ns) == "1ns");
    rc::prop("what is printed parses as the same", [] {
        const Duration duration(*rc::gen::inRange<std::int64_t>(0, maximum_duration.count() + 1));
        RC_ASSERT(parse_duration(format_duration(duration)).value() == duration);
    });
    rc::prop("any text is refused or printed as one that means the same", [](const std::string& text) {
        const auto parsed = parse_duration(text);
        if (parsed) RC_ASSERT(parse_duration(format_duration(*parsed)).value() == *parsed);
    });
}

}  // namespace
}  // namespace regent::config
