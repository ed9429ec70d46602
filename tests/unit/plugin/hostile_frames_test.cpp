// SPDX-License-Identifier: Apache-2.0
// Frames that nobody honest sends.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "agent/plugin/cbor.hpp"
#include "agent/plugin/protocol.hpp"

#include "tests/unit/plugin/messages.hpp"

using namespace regent;
using namespace regent::plugin;
using test::same;

namespace {

std::string problem(const Bytes& frame) {
    const auto read = read_cbor(frame, maximum_frame);
    return read ? "none" : read.error().text;
}

Bytes repeated(std::uint8_t byte, std::size_t count) {
    return Bytes(count, byte);
}

/// Both readers look at it; what one accepts must say the same again.
void read_as_both(const Bytes& frame) {
    if (const auto read = decode_to_host(frame)) {
        const auto again = decode_to_host(encode(*read));
        RC_ASSERT(again && same(*again, *read));
    }
    if (const auto read = decode_to_agent(frame)) {
        const auto again = decode_to_agent(encode(*read));
        RC_ASSERT(again && same(*again, *read));
    }
}

}  // namespace

TEST_CASE("What would make the library call itself without end is refused before it sees it") {
    CHECK(problem(repeated(0x81, maximum_frame)) == "nested too deeply");
    CHECK(problem(repeated(0x7f, maximum_frame)) == "a length that is not definite");
    CHECK(problem(repeated(0x5f, maximum_frame)) == "a length that is not definite");
    CHECK(problem(repeated(0x9f, maximum_frame)) == "a length that is not definite");
    CHECK(problem(repeated(0xbf, maximum_frame)) == "a length that is not definite");
    CHECK(problem(repeated(0xc1, maximum_frame)) == "bytes or a tag, which no message has");
}

TEST_CASE("The depth is bounded exactly") {
    const auto nested = [](unsigned depth) {
        Bytes frame = repeated(0x81, depth);
        frame.push_back(0xf6);
        return frame;
    };
    CHECK(problem(nested(maximum_depth)) == "none");
    CHECK(problem(nested(maximum_depth + 1)) == "nested too deeply");
}

TEST_CASE("Frames that are not what they say") {
    CHECK(problem({}) == "the frame ends too early");
    CHECK(problem({0x61}) == "the frame ends too early");
    CHECK(problem({0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) == "the frame ends too early");
    CHECK(problem({0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0, 0}) == "the frame ends too early");
    CHECK(problem({0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}) == "the frame ends too early");
    CHECK(problem({0x01, 0x01}) == "1 bytes after the end");
    CHECK(problem({0xa1, 0x01, 0x01}) == "a key that is no text");
    CHECK(problem({0xa1, 0x81, 0x01, 0x01}) == "a key that is no text");
    CHECK(problem({0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0}) == "a number that is too small");
    CHECK(problem({0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) == "none");
    CHECK(problem({0xf7}) == "a simple value of an unknown kind");
    CHECK(problem({0x1c}) == "a length that is not definite");
    CHECK(problem({0xff}) == "a length that is not definite");
    CHECK(problem(repeated(0, maximum_frame + 1)) == "65537 bytes, 65536 are allowed");
}

TEST_CASE("No part of a message is a message") {
    for (const auto& message : test::each_to_agent()) {
        const Bytes frame = encode(message);
        for (std::size_t size = 0; size < frame.size(); ++size)
            CHECK_FALSE(decode_to_agent(ByteView(frame).first(size)));
    }
}

TEST_CASE("No host has words that forge a line of the log, or drive a terminal") {
    for (const std::string odd : {"a\nb", "\x1b[2J", "\xc2\x9b", "\xef\xbf\xbf", "\r"}) {
        CHECK_FALSE(decode_to_agent(encode(ToAgent(HostHello{1, odd, "1.0"}))));
        CHECK_FALSE(decode_to_agent(encode(ToAgent(HostHello{1, "org.example", odd}))));
        CHECK_FALSE(decode_to_agent(encode(ToAgent(Refused{1, {}, odd}))));
        CHECK_FALSE(decode_to_agent(encode(ToAgent(Report{1, 1, 1, 1, 0, 0, odd, {}}))));
        CHECK_FALSE(decode_to_agent(encode(ToAgent(Report{1, 1, 1, 1, 0, 0, "", {{odd, 1}}}))));
        CHECK_FALSE(decode_to_agent(encode(ToAgent(Ack{1, 1, true, odd}))));
        CHECK_FALSE(decode_to_agent(encode(ToAgent(LogLine{1, 1, odd}))));
    }
    CHECK(decode_to_agent(encode(ToAgent(LogLine{1, 1, "a\tb\ufffd"}))));
}

TEST_CASE("A message with changed bytes is refused or is another message") {
    const auto change = [](Bytes frame) {
        const auto changes = *rc::gen::inRange(1, 4);
        for (int index = 0; index < changes; ++index)
            frame[*rc::gen::inRange<std::size_t>(0, frame.size())] = *rc::gen::arbitrary<std::uint8_t>();
        return frame;
    };
    CHECK(rc::check("to the host", [&] { read_as_both(change(encode(*test::to_host_messages()))); }));
    CHECK(rc::check("to the agent", [&] { read_as_both(change(encode(*test::to_agent_messages()))); }));
}

TEST_CASE("What the walk finds plain the library reads") {
    CHECK(rc::check([] {
        const auto bytes = *rc::gen::container<Bytes>(
            rc::gen::element<std::uint8_t>(0, 1, 0x18, 0x20, 0x39, 0x60, 0x61, 0x62, 0x80, 0x81, 0x82, 0xa0,
                                           0xa1, 0xf4, 0xf6, 0xfa, 0xfb, 0x7f, 0x5f, 0xc1));
        if (check_cbor(bytes)) RC_ASSERT(read_cbor(bytes, maximum_frame));
    }));
}
