// SPDX-License-Identifier: Apache-2.0
// The text of a hardware address goes into logs and status as operators know it from ip(8).
#include "agent/base/mac_address.hpp"

#include <catch2/catch.hpp>

using namespace regent;

TEST_CASE("MacAddress prints as lower-case hexadecimal with colons") {
    CHECK(MacAddress{}.to_string() == "00:00:00:00:00:00");
    CHECK(MacAddress{{0x02, 0x00, 0x5e, 0x10, 0xab, 0xff}}.to_string() == "02:00:5e:10:ab:ff");
}

TEST_CASE("MacAddress compares byte by byte") {
    const MacAddress low{{0, 0, 0, 0, 0, 0xff}};
    const MacAddress high{{0, 0, 0, 0, 1, 0}};
    CHECK(low < high);
    CHECK(low != high);
    CHECK(low == MacAddress{{0, 0, 0, 0, 0, 0xff}});
}
