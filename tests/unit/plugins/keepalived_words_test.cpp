// SPDX-License-Identifier: Apache-2.0
#include "plugins/support/keepalived_words.hpp"

#include <catch2/catch.hpp>
#include <utility>
#include <vector>

using namespace regent;
using plugins::keepalived_words;

TEST_CASE("keepalived's words for what happened") {
    sdk::Event event;
    event.kind = sdk::EventKind::instance;
    event.name = "VI_1";
    event.priority = 100;
    const std::vector<std::pair<std::string, std::string>> states{{"master", "MASTER"},
                                                                  {"backup", "BACKUP"},
                                                                  {"fault", "FAULT"},
                                                                  {"stop", "STOP"},
                                                                  {"deleted", "DELETED"}};
    for (const auto& [ours, theirs] : states) {
        event.new_state = ours;
        const auto words = keepalived_words(event);
        REQUIRE(words);
        CHECK(words->kind == "INSTANCE");
        CHECK(words->name == "VI_1");
        CHECK(words->state == theirs);
        CHECK(words->priority == "100");
    }
    event.kind = sdk::EventKind::group;
    event.name = "G1";
    event.new_state = "fault";
    CHECK(keepalived_words(event)->line() == "GROUP \"G1\" FAULT 0\n");
    event.kind = sdk::EventKind::test;
    CHECK_FALSE(keepalived_words(event));
}
