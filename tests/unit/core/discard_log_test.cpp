// SPDX-License-Identifier: Apache-2.0
// Issue 2: the first discarded packet of a kind from a sender is logged, the rest are summarised.
#include "agent/core/discard_log.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::Discard;

namespace {

struct Book {
    void add(const std::string& sender, Discard reason, const std::string& detail = {}) {
        log.add("VI_1", ip(sender), reason, detail, now, actions);
    }
    void wait(Duration duration) {
        now += duration;
        log.run(now, actions);
    }
    std::vector<std::string> take() {
        std::vector<std::string> lines;
        for (const auto& action : actions)
            lines.push_back(std::get<Log>(action).text);
        actions.clear();
        return lines;
    }

    DiscardLog log;
    Actions actions;
    Instant now = Instant{} + 1h;
};

}  // namespace

TEST_CASE("discard log: the first at once, with sender, reason and detail; the rest once a minute") {
    Book book;
    CHECK_FALSE(book.log.next_deadline());
    book.add("10.0.0.2", Discard::ttl);
    book.add("10.0.0.3", Discard::interval, "it says 5 s");
    const auto first = book.take();
    REQUIRE(first.size() == 2);
    CHECK(first[0].find("from 10.0.0.2: ") != std::string::npos);
    CHECK(first[1].find(" (it says 5 s)") != std::string::npos);
    for (int i = 0; i < 100; ++i)
        book.add("10.0.0.2", Discard::ttl);
    CHECK(book.take().empty());
    CHECK(book.log.next_deadline() == book.now + 60s);
    book.wait(59s);
    CHECK(book.take().empty());
    book.wait(1s);
    const auto summary = book.take();
    REQUIRE(summary.size() == 1);
    CHECK(summary[0].find("discarded 100 more from 10.0.0.2") == 0);
}

TEST_CASE("discard log: a kind that was silent for a minute is news again; then the log asks for nothing") {
    Book book;
    book.add("10.0.0.2", Discard::ttl);
    book.take();
    book.wait(60s);
    CHECK(book.take().empty());
    CHECK_FALSE(book.log.next_deadline());
    book.add("10.0.0.2", Discard::ttl);
    CHECK(book.take().size() == 1);
}

TEST_CASE("discard log: each kind of a sender is one") {
    Book book;
    book.add("10.0.0.2", Discard::ttl);
    book.add("10.0.0.2", Discard::checksum);
    CHECK(book.take().size() == 2);
}

TEST_CASE("discard log: a flood of senders is bounded in lines and memory") {
    Book book;
    for (int i = 0; i < 10'000; ++i)
        book.add("10." + std::to_string(i / 2500) + "." + std::to_string(i / 250 % 10) + "." +
                     std::to_string(i % 250),
                 Discard::unknown_vrid);
    CHECK(book.take().size() == 64);
    book.wait(60s);
    const auto summary = book.take();
    REQUIRE(summary.size() == 1);
    CHECK(summary[0] == "discarded 9936 more advertisements of other kinds and senders");
}
