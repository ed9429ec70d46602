// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/message_text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "agent/plugin/fields.hpp"

using namespace regent;
using namespace regent::plugin;

TEST_CASE("A text is cut between two characters") {
    CHECK(fit("abc", 3) == "abc");
    CHECK(fit("abcd", 3) == "abc");
    CHECK(fit("ab\xc3\xa9", 4) == "ab\xc3\xa9");
    CHECK(fit("ab\xc3\xa9", 3) == "ab");
    CHECK(fit("\xf0\x9f\x98\x80", 3).empty());
    CHECK(fit("one\ntwo", 20) == "one\xef\xbf\xbdtwo");
    CHECK(fit("anything", 0).empty());
}

TEST_CASE("Whatever the bytes are, the result is UTF-8 and fits") {
    CHECK(rc::check([] {
        const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        const auto limit = *rc::gen::inRange<std::size_t>(0, 40);
        const auto fitted = fit(bytes, limit);
        RC_ASSERT(fitted.size() <= limit);
        RC_ASSERT(is_utf8(fitted));
        RC_ASSERT(fit(fitted, limit) == fitted);
    }));
}
