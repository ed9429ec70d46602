// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "plugins/http/body_search.hpp"
#include "plugins/http/status_set.hpp"

using regent::plugins::http::BodySearch;
using regent::plugins::http::StatusSet;

TEST_CASE("http: a text is found however the body is cut into parts") {
    const auto letters = rc::gen::container<std::string>(rc::gen::element('a', 'b'));
    CHECK(rc::check([&] {
        const auto wanted = *letters;
        BodySearch search(wanted);
        std::string all;
        for (const std::string& part : *rc::gen::container<std::vector<std::string>>(letters)) {
            all += part;
            search.add(part);
            RC_ASSERT(search.is_found() == (all.find(wanted) != std::string::npos));
        }
    }));
}

TEST_CASE("http: statuses in words") {
    StatusSet set;
    CHECK(set.add("200"));
    CHECK(set.words() == "200");
    CHECK(set.add("3xx"));
    CHECK(set.add("404-410"));
    CHECK(set.words() == "200, 300-399 or 404-410");
    CHECK(set.holds(200));
    CHECK_FALSE(set.holds(201));
    CHECK(set.holds(399));
    CHECK_FALSE(set.holds(400));
    CHECK(set.holds(404));
}
