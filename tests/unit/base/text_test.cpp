// SPDX-License-Identifier: Apache-2.0
// Sentences of the engine are read by people in the journal: numbers must be numbers and times must have
// units.
#include "agent/base/text.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

using namespace regent;
using namespace std::chrono_literals;

TEST_CASE("concat joins strings, numbers and addresses") {
    const std::uint8_t priority = 101;
    const std::string name = "lan";
    CHECK(concat(name, ": priority ", priority, ", peer ", *IpAddress::parse("fe80::1"), ", ", -3) ==
          "lan: priority 101, peer fe80::1, -3");
    CHECK(concat().empty());
}

TEST_CASE("a duration prints in the largest unit that gives at least 1") {
    CHECK(to_text(1s) == "1 s");
    CHECK(to_text(3'600ms) == "3.6 s");
    CHECK(to_text(3'804'687'500ns) == "3.804 s");
    CHECK(to_text(60s) == "60 s");
    CHECK(to_text(250ms) == "250 ms");
    CHECK(to_text(999'999'999ns) == "999.999 ms");
    CHECK(to_text(1'005ms) == "1.005 s");
    CHECK(to_text(40us) == "40 us");
    CHECK(to_text(1'500ns) == "1.5 us");
    CHECK(to_text(0s) == "0 us");
    CHECK(to_text(-250ms) == "-250 ms");
}
