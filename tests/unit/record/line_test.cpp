// SPDX-License-Identifier: Apache-2.0
#include "agent/record/line.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "agent/record/digest.hpp"

#include "tests/unit/record/any_input.hpp"

using namespace regent;
using namespace regent::record;

namespace {

constexpr std::size_t kinds = std::variant_size_v<core::Input>;
const std::string verdict =
    R"({"at":1,"input":{"CheckVerdict":{"check":"a","state":"up","message":"m","unsolicited":false}}})";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

std::string error_of(const std::string& text) {
    const auto line = parse_line(text);
    return line ? "no error" : line.error().text;
}

}  // namespace

TEST_CASE("a line: every input comes back as it was, whatever is in it") {
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        rc::prop("kind " + std::to_string(kind), [=] {
            const Step step{Instant(Duration(*rc::gen::inRange(0, 1 << 30))), test::any_input(kind), 2,
                            *rc::gen::arbitrary<std::uint64_t>()};
            const auto text = to_text(step);
            RC_ASSERT(text.find('\n') == std::string::npos);
            const auto line = parse_line(text);
            if (!line) RC_FAIL(line.error().text + "\n" + text);
            const auto& back = std::get<Step>(*line);
            RC_ASSERT(back.at == step.at);
            RC_ASSERT(back.actions == step.actions);
            RC_ASSERT(back.digest == step.digest);
            RC_ASSERT(test::same(back.input, step.input));
            RC_ASSERT(to_text(back) == text);
        });
    }
}

TEST_CASE("a line: what is no input comes back too") {
    const Header header{std::string(schema_name), "1.2", "lb1", "boot", 5, Instant(Duration(7))};
    CHECK(std::get<Header>(*parse_line(to_text(header))) == header);
    CHECK(std::get<Gap>(*parse_line(to_text(Gap{12}))).inputs == 12);
    CHECK(std::get<End>(*parse_line(to_text(End{EndCause::limit}))).cause == EndCause::limit);
    const auto fatal =
        std::get<Fatal>(*parse_line(to_text(Fatal{Instant(Duration(3)), core::StopRequested{true}})));
    CHECK(fatal.fatal_at == Instant(Duration(3)));
    CHECK(std::get<core::StopRequested>(fatal.input).at_once);
    // Most lines: nothing was done, and nothing is said of it.
    const auto idle = to_text(Step{Instant(Duration(9)), core::TimerFired{}, 0, digest_of({})});
    CHECK(idle == R"({"at":9,"input":{"TimerFired":{}}})");
    CHECK(std::get<Step>(*parse_line(idle)).digest == digest_of({}));
}

TEST_CASE("a line: its format is written down") {
    Step step{Instant(Duration(1500)),
              core::PacketReceived{
                  3, *IpAddress::parse("10.0.0.2"), *IpAddress::parse("224.0.0.18"), 255, {0x31, 0xff}},
              1, 0xabc};
    CHECK(
        to_text(step) ==
        R"({"at":1500,"input":{"PacketReceived":{"interface_index":3,"source":"10.0.0.2","destination":"224.0.0.18",)"
        R"("ttl":255,"message":"31ff"}},"actions":1,"digest":"0000000000000abc"})");
    step = {Instant(Duration(0)), core::SendFailed{"VI_1", "\xff"}, 0, 0};
    CHECK(to_text(step) == R"({"at":0,"input":{"SendFailed":{"instance":"VI_1","reason":{"hex":"ff"}}}})");
}

TEST_CASE("a line: what is wrong is said with its place") {
    CHECK(error_of(verdict) == "no error");
    CHECK(error_of(replaced(verdict, R"("up")", R"("UP")")) ==
          R"(input.CheckVerdict.state: "UP" is none of up, degraded, down, unknown)");
    CHECK(error_of(replaced(verdict, R"("message":"m",)", "")) ==
          R"(input.CheckVerdict: "message" is missing)");
    CHECK(error_of(replaced(verdict, R"("m")", "null")) == "input.CheckVerdict.message: a text is wanted");
    CHECK(error_of(replaced(verdict, "false", R"(false,"who":1)")) ==
          R"(input.CheckVerdict: "who" is unknown)");
    CHECK(error_of(replaced(verdict, "false", "0")) ==
          "input.CheckVerdict.unsolicited: true or false is wanted");
    CHECK(error_of(replaced(verdict, "CheckVerdict", "Verdict")) == R"(input: "Verdict" is unknown)");
    CHECK(error_of(replaced(verdict, R"("at":1)", R"("at":1.5)")) == "at: an integer is wanted");
    CHECK(error_of(replaced(verdict, R"("at":1)", R"("at":-1)")) ==
          "at: -1 ns is not within 0 and a hundred years");
    CHECK(error_of(replaced(verdict, R"("at":1)", R"("at":1,"then":2)")) == R"("then" is unknown)");
    CHECK(error_of(replaced(verdict, "{\"CheckVerdict\"", "{\"TimerFired\":{},\"CheckVerdict\"")) ==
          "input: an object with one member is wanted");
    CHECK(error_of(R"({"at":1,"input":{"LinkRemoved":{"index":4294967296}}})") ==
          "input.LinkRemoved.index: 4294967296 is not within -2147483648 and 2147483647");
    CHECK(error_of(R"({"at":1,"input":{"AhHeard":{"interface_index":1,"source":"10.0.0"}}})") ==
          R"(input.AhHeard.source: "10.0.0" is not an IP address)");
    CHECK(error_of(R"({"at":1,"input":{"TimerFired":{}},"actions":1})") == R"("digest" is missing)");
    CHECK(error_of(R"({"at":1,"input":{"TimerFired":{}},"actions":1,"digest":"00"})") ==
          "digest: 16 digits are wanted");
    CHECK(error_of(R"({"cause":"bored"})") == R"(cause: "bored" is none of stopped, limit)");
    CHECK(error_of(replaced(to_text(Header{}), "record.1", "record.2")) ==
          R"(schema: "regent.record.2" is not "regent.record.1")");
    CHECK(error_of("[]") == "an object is wanted");
    CHECK(error_of("").starts_with("not JSON: "));
    CHECK(error_of(std::string(100'000, '[')).starts_with("not JSON: "));
}

TEST_CASE("a line: any damage is an error or another line, nothing else") {
    rc::prop("damage", [] {
        auto text = to_text(Step{Instant{}, test::any_input(*rc::gen::inRange<std::size_t>(0, kinds)), 1, 1});
        for (auto left = *rc::gen::inRange(1, 4); left > 0; --left) {
            const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
            if (*rc::gen::arbitrary<bool>()) {
                text[at] = *rc::gen::elementOf(std::string("0\"{}[],:n-9\xff"));
            } else {
                text.erase(at, *rc::gen::inRange<std::size_t>(1, 9));
            }
            if (text.empty()) break;
        }
        const auto line = parse_line(text);
        if (!line) RC_ASSERT(!line.error().text.empty());
        if (line) RC_ASSERT(parse_line(to_text(*line)).has_value());
    });
}
