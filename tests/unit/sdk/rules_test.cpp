// SPDX-License-Identifier: Apache-2.0
// What the fake host finds wrong with a report, and by which rule it calls a breach.
#include "regent/testing/rules.hpp"

#include <array>
#include <catch2/catch.hpp>

#include "regent/plugin.hpp"
#include "regent/testing.hpp"

namespace sdk = regent::sdk;
using sdk::testing::Rule;
using sdk::testing::detail::flaw_of;
using sdk::testing::detail::is_utf8;

using Catch::Matchers::Contains;

namespace {

constexpr regent_metric metric{{"age_seconds", 11}, 1};

regent_result right() {
    regent_result result{};
    result.struct_size = sizeof result;
    result.state = REGENT_STATE_UP;
    result.reason = REGENT_REASON_OK;
    result.message = sdk::to_abi("fine");
    result.metrics = &metric;
    result.metric_count = 1;
    return result;
}

/// Says the wrong thing when it is asked.
struct Wrong {
    static constexpr std::string_view name = "wrong", summary = "reports what it may not";
    Wrong(sdk::Context made, const sdk::Values&) : context(made) {}
    void probe(sdk::ProbeId id, sdk::Instant) const {
        context.report(id, sdk::up("\xff"));
        context.report(sdk::unsolicited, sdk::up("", {{"age seconds", 1}}));
        context.report(id, sdk::up());
    }
    sdk::Context context;
};

}  // namespace

TEST_CASE("Text is UTF-8 or not") {
    for (const char* text : {"", "a", "ä", "€", "😀", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"})
        CHECK(is_utf8(text));
    for (const char* text :
         {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xff", "\xe2\x82", "\xe2\x28\xa1"})
        CHECK_FALSE(is_utf8(text));
}

TEST_CASE("A right report has no flaw, and each wrong one is told") {
    CHECK(flaw_of(right()).empty());
    regent_result result = right();
    SECTION("no size") {
        result.struct_size = 0;
        CHECK_THAT(flaw_of(result), Contains("size"));
    }
    SECTION("no state") {
        result.state = 0;
        CHECK_THAT(flaw_of(result), Contains("state"));
    }
    SECTION("no reason") {
        result.reason = REGENT_REASON_INTERNAL + 1;
        CHECK_THAT(flaw_of(result), Contains("reason"));
    }
    SECTION("a message that is not there") {
        result.message = {nullptr, 3};
        CHECK_THAT(flaw_of(result), Contains("no text"));
    }
    SECTION("a message that is not UTF-8") {
        result.message = sdk::to_abi("\xff");
        CHECK_THAT(flaw_of(result), Contains("UTF-8"));
    }
    SECTION("too many metrics") {
        result.metric_count = REGENT_METRIC_MAX + 1;
        CHECK_THAT(flaw_of(result), Contains("too many"));
    }
    SECTION("metrics that are not there") {
        result.metrics = nullptr;
        CHECK_THAT(flaw_of(result), Contains("not there"));
    }
    SECTION("a metric with a wrong name") {
        const std::string longest(65, 'a');
        for (const std::string& name : {std::string(), std::string("0a"), std::string("a b"), longest}) {
            const regent_metric wrong{sdk::to_abi(name), 1};
            result.metrics = &wrong;
            CHECK_THAT(flaw_of(result), Contains("name"));
        }
    }
}

TEST_CASE("A breach is told with its rule, and a wrong report is no verdict") {
    sdk::testing::FakeHost host;
    auto check = host.create(sdk::check<Wrong>);
    check.start();
    const auto probe = check.probe();
    std::vector<Rule> rules;
    for (const auto& breach : host.breaches())
        rules.push_back(breach.rule);
    CHECK(rules == std::vector<Rule>{Rule::result, Rule::result, Rule::answer});
    REQUIRE(check.answer(probe));
    CHECK(check.answer(probe)->state == sdk::State::unknown);
}
