// SPDX-License-Identifier: Apache-2.0
// What HAProxy says, and what follows from it, from text alone.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "plugins/haproxy/verdict.hpp"
#include "tests/unit/plugins/stats_socket.hpp"

using namespace regent;
using namespace regent::plugins::haproxy;

namespace {

const std::string proxies =
    "web,FRONTEND,,OPEN,,0,\n"
    "web,sock-1,,OPEN,,3,\n"
    "old,FRONTEND,,STOP,,0,\n"
    "resting,FRONTEND,,PAUSED,,0,\n"
    "app,s1,0,UP,1,2,\n"
    "app,s2,0,UP 1/2,1,2,\n"
    "app,s3,0,DOWN,1,2,\n"
    "app,s4,0,DOWN 1/2,1,2,\n"
    "app,s5,0,MAINT,1,2,\n"
    "app,s6,0,DRAIN,1,2,\n"
    "app,s7,0,no check,1,2,\n"
    "app,BACKEND,0,UP,3,1,\n"
    "a:b,BACKEND,0,DOWN,0,1,\n";

sdk::Result judged(const Demands& demands, bool has_been_up = false) {
    return judge(*parse_answer(test::stats_text("", proxies)), demands, 812, has_been_up);
}

}  // namespace

TEST_CASE("an answer is read") {
    const auto stats = parse_answer(test::stats_text("Unknown: word\nwithout a colon\n", proxies));
    REQUIRE(stats);
    CHECK(stats->info.version == "2.6.12");
    CHECK(stats->info.pid == 4711);
    CHECK(stats->info.uptime_s == 65);
    CHECK(stats->info.sessions == 3);
    CHECK_FALSE(stats->info.is_stopping);
    REQUIRE(stats->proxies.size() == 12);
    CHECK(stats->proxies[0].kind == Proxy::Kind::frontend);
    CHECK(stats->proxies[0].server.empty());
    CHECK(stats->proxies[3].kind == Proxy::Kind::server);
    CHECK(stats->proxies[3].server == "s1");
    CHECK(parse_answer(test::stats_text("Stopping: 1\n"))->info.is_stopping ==
          false);  // the last word counts
    CHECK(parse_info("Version: 3.0\nPid: 1\nUptime_sec: 0\nCurrConns: 0\nStopping: 1\n")->is_stopping);
}

TEST_CASE("columns are found by name, and fields may be quoted") {
    const auto stat =
        parse_stat("# type,new,status,svname,pxname\n2,\"a,\"\"b\"\"\",\"UP\",\"s,1\",\"p\"\"q\"\n");
    REQUIRE(stat);
    REQUIRE(stat->size() == 1);
    CHECK(stat->front().name == "p\"q");
    CHECK(stat->front().server == "s,1");
    CHECK(stat->front().is_up());
}

TEST_CASE("what is no answer of HAProxy is refused with a sentence") {
    CHECK_FALSE(parse_answer(""));
    CHECK_FALSE(parse_answer("HTTP/1.0 400 Bad request\r\n\r\n"));
    CHECK_FALSE(parse_answer("Unknown command, but maybe one of the following:\n  help\n\n"));
    CHECK_FALSE(parse_answer("Name: HAProxy\n\n# pxname,svname,status,type\n\n"));
    CHECK_FALSE(parse_info("Version: 2.6\nPid: -1\nUptime_sec: 0\nCurrConns: 0\n"));
    CHECK_FALSE(parse_info("Version: 2.6\nPid: 99999999999999999999\nUptime_sec: 0\nCurrConns: 0\n"));
    CHECK(parse_stat("pxname,svname,status,type\n").error() == "show stat has no header");
    CHECK(parse_stat("# pxname,svname,status\n").error() == "show stat has no column type");
    CHECK(parse_stat("# pxname,svname,status,type\nweb,FRONTEND\n").error() ==
          "show stat has a line that is too short");
    CHECK(parse_stat("# pxname,svname,status,type\n\"unclosed,FRONTEND,OPEN,0\n").error() ==
          "show stat has a line that is too short");
    CHECK_FALSE(parse_stat("# " + std::string(100'000, ',') + "pxname,svname,status,type\n"));
}

TEST_CASE("an answer that was cut short is seen to be") {
    const std::string whole = test::stats_text("", proxies);
    CHECK(is_complete(whole));
    for (std::size_t length = 0; length < whole.size(); ++length)
        REQUIRE_FALSE(is_complete(whole.substr(0, length)));
}

TEST_CASE("no text does harm") {
    CHECK(rc::check("any bytes", [](const std::string& text) {
        parse_answer(text);
        parse_stat("# pxname,svname,status,type\n" + text);
    }));
    CHECK(rc::check("one byte changed", [](std::size_t at, char byte) {
        std::string text = test::stats_text("", proxies);
        text[at % text.size()] = byte;
        const auto stats = parse_answer(text);
        if (stats) judge(*stats, {{"web"}, {{"app", 1}}, sdk::State::down}, 1, true);
    }));
}

TEST_CASE("a demand for servers is BACKEND:NUMBER") {
    CHECK(parse_min_servers("servers-rmiServ1:1")->backend == "servers-rmiServ1");
    CHECK(parse_min_servers("a:b:12")->backend == "a:b");
    CHECK(parse_min_servers("a:b:12")->count == 12);
    for (const char* text :
         {"", "web", "web:", ":1", "web:0", "web:-1", "web:1x", "web:65536", "web: 1", "web:1:"})
        CHECK_FALSE(parse_min_servers(text));
}

TEST_CASE("all is well") {
    const auto result = judged({{"web"}, {{"app", 3}}, sdk::State::down});
    CHECK(result.state == sdk::State::up);
    CHECK(result.message == "HAProxy 2.6.12, pid 812, 3 sessions, 3 of 7 servers up");
    REQUIRE(result.metrics.size() == 4);
    CHECK(result.metrics[0].value == 3);
    CHECK(result.metrics[1].value == 3);
    CHECK(result.metrics[2].value == 7);
    CHECK(result.metrics[3].value == 65);
}

TEST_CASE("a frontend that is not open is down") {
    CHECK(judged({{"web", "resting"}, {}, sdk::State::down}).message == "frontend resting is PAUSED");
    CHECK(judged({{"old"}, {}, sdk::State::down}).state == sdk::State::down);
    // Nobody asked for these.
    CHECK(judged({}).state == sdk::State::up);
}

TEST_CASE("too few servers are what the configuration says") {
    CHECK(judged({{}, {{"app", 4}}, sdk::State::down}).state == sdk::State::down);
    CHECK(judged({{}, {{"app", 4}}, sdk::State::degraded}).state == sdk::State::degraded);
    CHECK(judged({{}, {{"app", 4}}, sdk::State::down}).message ==
          "backend app: 3 of 7 servers up, at least 4 wanted");
    CHECK(judged({{}, {{"a:b", 1}}, sdk::State::down}).metrics.size() == 4);
}

TEST_CASE("what has never been there is mistaken, what is gone is down") {
    CHECK(judged({{"nosuch"}, {}, sdk::State::down}).reason == sdk::Reason::config);
    CHECK(judged({{"nosuch"}, {}, sdk::State::down}).state == sdk::State::unknown);
    CHECK(judged({{"nosuch"}, {}, sdk::State::down}, true).reason == sdk::Reason::not_found);
    CHECK(judged({{}, {{"nosuch", 1}}, sdk::State::degraded}).state == sdk::State::unknown);
    CHECK(judged({{}, {{"nosuch", 1}}, sdk::State::degraded}, true).state == sdk::State::down);
}
