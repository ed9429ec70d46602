// SPDX-License-Identifier: Apache-2.0
#include "agent/config/suggest.hpp"

#include <catch2/catch.hpp>

namespace regent::config {
namespace {

TEST_CASE("edit distance counts insertions, deletions, replacements and swaps") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("priority", "priority") == 0);
    CHECK(edit_distance("priorty", "priority") == 1);
    CHECK(edit_distance("weihgt", "weight") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("only what is near is suggested") {
    const std::vector<std::string> keys{"interface", "priority", "preempt", "to"};
    CHECK(nearest("prioritee", keys) == "priority");
    CHECK(nearest("interfaces", keys) == "interface");
    CHECK(nearest("tp", keys) == "to");
    CHECK(nearest("xy", keys) == std::nullopt);
    CHECK(nearest("completely", keys) == std::nullopt);
    CHECK(nearest(std::string(100000, 'p'), keys) == std::nullopt);
    CHECK(nearest("a", {"b", "c"}) == "b");
}

TEST_CASE("without anything near, the choices are listed") {
    CHECK(suggestion("pairs", {"pair", "other"}, "the keys are") == "did you mean \"pair\"?");
    CHECK(suggestion("pair", {"one", "two"}, "the keys are") == "the keys are: one, two");
    CHECK(suggestion("pair", {}, "the keys are").empty());
    CHECK(suggestion("pair", std::vector<std::string>(41, "long"), "k").size() ==
          3 + 39 * 6 + 4 + std::string(", …").size());
}

}  // namespace
}  // namespace regent::config
