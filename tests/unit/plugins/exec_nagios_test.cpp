// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <rapidcheck/catch.h>

#include "plugins/exec/nagios.hpp"
#include "regent/abi/result.h"

using namespace regent::plugins::exec;
using regent::sdk::State;

namespace {

std::map<std::string, double> metrics(std::string_view text) {
    std::map<std::string, double> found;
    for (const auto& metric : read_output(text).metrics)
        found[metric.name] = metric.value;
    return found;
}

using Metrics = std::map<std::string, double>;

}  // namespace

TEST_CASE("nagios: the first line up to the bar is the message") {
    CHECK(read_output("PING OK - rtt 0.5 ms | rta=0.5ms\nmore").message == "PING OK - rtt 0.5 ms");
    CHECK(read_output("  OK\r\nsecond").message == "OK");
    CHECK(read_output("").message.empty());
    CHECK(read_output("|x=1").message.empty());
    CHECK(read_output("\nsecond").message.empty());
    CHECK(first_line("\n \n  what went wrong\nmore") == "what went wrong");
    CHECK(first_line("\n\n").empty());
}

TEST_CASE("nagios: what is no UTF-8, and control characters, become dots") {
    CHECK(read_output("a\x01\x1b[31mb\x7f\xff").message == "a..[31mb..");
    CHECK(read_output("Größe ok").message == "Größe ok");
    CHECK(read_output("\xc0\x80 \xed\xa0\x80 \xf5\x80\x80\x80 \xe2\x82").message == ".. ... .... ..");
}

TEST_CASE("nagios: the message is cut between characters") {
    std::string text(REGENT_MESSAGE_MAX - 1, 'x');
    CHECK(read_output(text + "yz").message == text + "y");
    CHECK(read_output(text + "ü").message == text);
}

TEST_CASE("nagios: performance data become metrics in seconds and bytes") {
    CHECK(metrics("OK|time=20ms;50;100;0;1000 size=3KB 'free space'=12%;;10 n=5c") ==
          Metrics{{"time", 20 * 1e-3}, {"size", 3072}, {"free_space", 12}, {"n", 5}});
    CHECK(metrics("OK | a=1 b=-2.5e3 c=+4s d=1us") == Metrics{{"a", 1}, {"b", -2500}, {"c", 4}, {"d", 1e-6}});
    CHECK(metrics("DISK | /=1MB;2;3 /var=2B 1st=3") == Metrics{{"_", 1024 * 1024}, {"_var", 2}, {"_1st", 3}});
    CHECK(metrics("OK | 'it''s'=1 'a=b'=2") == Metrics{{"it_s", 1}, {"a_b", 2}});
}

TEST_CASE("nagios: performance data of later lines") {
    CHECK(metrics("OK | a=1\nlong text\nmore | b=2\nc=3") == Metrics{{"a", 1}, {"b", 2}, {"c", 3}});
    CHECK(metrics("OK\nlong text | b=2") == Metrics{{"b", 2}});
}

TEST_CASE("nagios: what cannot be read is left out, and the rest is not") {
    CHECK(metrics("OK|a=U b=1 junk c=2 =3 d= e=inf f=nan g=1parsec h=1e999 'i=4") ==
          Metrics{{"b", 1}, {"c", 2}});
    CHECK(metrics("OK|a=1 a=2 'b c'=3 b_c=4") == Metrics{{"a", 1}, {"b_c", 3}});
    CHECK(metrics("OK|'a'1 b=2") == Metrics{{"b", 2}});
}

TEST_CASE("nagios: metrics are bounded in number and name") {
    std::string many = "OK|" + std::string(100, 'n') + "=1 ";
    for (int index = 0; index < 1000; ++index)
        many += "m" + std::to_string(index) + "=1 ";
    const auto output = read_output(many);
    CHECK(output.metrics.size() == REGENT_METRIC_MAX);
    CHECK(output.metrics.front().name == std::string(64, 'n'));
}

TEST_CASE("nagios: exit statuses") {
    CHECK(state_of(0) == State::up);
    CHECK(state_of(1) == State::degraded);
    CHECK(state_of(2) == State::down);
    for (const int status : {3, 4, 127, 255, -1})
        CHECK(state_of(status) == State::unknown);
}

TEST_CASE("nagios: any bytes give a legal result") {
    rc::prop("hostile output", [] {
        const auto letters = rc::gen::weightedOneOf<char>(
            {{3, rc::gen::element('|', '\'', '=', ';', ' ', '\n', '1', 'e', '-', '.', 's')},
             {1, rc::gen::arbitrary<char>()}});
        const auto text = *rc::gen::container<std::string>(letters);
        const auto output = read_output(text);
        RC_ASSERT(output.message.size() <= REGENT_MESSAGE_MAX);
        RC_ASSERT(output.message.find('\n') == std::string::npos);
        RC_ASSERT(output.metrics.size() <= REGENT_METRIC_MAX);
        for (const auto& metric : output.metrics) {
            RC_ASSERT(std::isfinite(metric.value));
            RC_ASSERT(!metric.name.empty() && metric.name.size() <= 64);
            RC_ASSERT(metric.name.find_first_not_of(
                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
                      std::string::npos);
        }
    });
}
