// SPDX-License-Identifier: Apache-2.0
// A broken invariant must end the process and name its place; an intact one must do nothing. Result beside
// it.
#include "agent/base/check.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "agent/base/result.hpp"

#include "tests/unit/base/aborts.hpp"

using namespace regent;

namespace {

Result<int> half(int value) {
    if (value % 2 != 0) return failure("cannot halve an odd number", EDOM);
    return value / 2;
}

}  // namespace

TEST_CASE("REGENT_CHECK aborts with file and condition when its condition is false") {
    const int answer = 42;
    const auto message = test::abort_message([&] { REGENT_CHECK(answer == 41); });
    REQUIRE(message);
    CHECK_THAT(*message, Catch::Contains("check_test.cpp:"));
    CHECK_THAT(*message, Catch::Contains("broken invariant: answer == 41"));
}

TEST_CASE("REGENT_CHECK does nothing when its condition is true") {
    const int answer = 42;
    CHECK_FALSE(test::abort_message([&] { REGENT_CHECK(answer == 42); }));
}

TEST_CASE("a Result carries a value or a text with errno") {
    REQUIRE(half(4));
    CHECK(*half(4) == 2);
    REQUIRE_FALSE(half(3));
    CHECK(half(3).error().text == "cannot halve an odd number");
    CHECK(half(3).error().code == EDOM);
}
