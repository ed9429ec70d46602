// SPDX-License-Identifier: Apache-2.0
// What is said is what is heard, and the bytes of a message do not change from one version to the next.
#include "agent/plugin/protocol.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "agent/plugin/message_text.hpp"
#include "agent/plugin/value_json.hpp"

#include "tests/unit/plugin/messages.hpp"

using namespace regent;
using namespace regent::plugin;
using test::same;

namespace {

std::string hex(const Bytes& bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15U];
    }
    return text;
}

template <class Change>
std::string error_after(const ToAgent& message, const Change& change) {
    auto json = nlohmann::json::from_cbor(encode(message));
    change(json);
    const auto decoded = decode_to_agent(nlohmann::json::to_cbor(json));
    return decoded ? "none" : decoded.error().text;
}

}  // namespace

TEST_CASE("Every message is read as it was written") {
    for (const auto& message : test::each_to_host()) {
        const auto read = decode_to_host(encode(message));
        REQUIRE(read);
        CHECK(same(*read, message));
        CHECK_FALSE(decode_to_agent(encode(message)));
    }
    for (const auto& message : test::each_to_agent()) {
        const auto read = decode_to_agent(encode(message));
        REQUIRE(read);
        CHECK(same(*read, message));
        CHECK_FALSE(decode_to_host(encode(message)));
    }
}

TEST_CASE("Any message is read as it was written") {
    CHECK(rc::check("to the host", [] {
        const auto message = *test::to_host_messages();
        const auto read = decode_to_host(encode(message));
        RC_ASSERT(read && same(*read, message));
    }));
    CHECK(rc::check("to the agent", [] {
        const auto message = *test::to_agent_messages();
        const auto read = decode_to_agent(encode(message));
        RC_ASSERT(read && same(*read, message));
    }));
}

TEST_CASE("The bytes of a message stay the same") {
    // a2 map of 2, 62 "is", 64 "ping", 66 "number", 18 4d: 77
    CHECK(hex(encode(ToHost(Ping{77}))) == "a26269736470696e67666e756d626572184d");
    CHECK(hex(encode(ToHost(Probe{5, 9, 1'000'000'000, 24}))) ==
          "a56561736b6564181868646561646c696e651a3b9aca0068696e7374616e636505626973"
          "6570726f62656570726f626509");
    CHECK(hex(encode(ToAgent(Ack{6, 3, true, "ok"}))) ==
          "a56964656c697665726564f5656576656e740368696e7374616e6365066269736361636b6474657874626f6b");
    CHECK(hex(encode(ToAgent(Created{24}))) ==
          "a268696e7374616e6365181862697367637265617465"
          "64");
}

TEST_CASE("A value that is not set is null, and one that is set is not") {
    CHECK(to_json(config::Value{}).is_null());
    CHECK(to_json(config::Value{true, 0, 0, {}, {}}).dump() == "{}");
    CHECK(to_json(config::Value{true, 3, 0, {}, {}}).dump() == R"({"integer":3})");
    CHECK(value_from_json({{"items", {{{"items", nlohmann::json::array()}}}}}).error().text ==
          "a list in a list of values");
}

TEST_CASE("What a newer side says besides is not looked at") {
    auto json = nlohmann::json::from_cbor(encode(ToHost(Ping{1})));
    json["mood"] = {{"of", "a newer agent"}};
    CHECK(decode_to_host(nlohmann::json::to_cbor(json)));
}

TEST_CASE("Every field has limits") {
    const ToAgent report = test::each_to_agent()[3];
    const auto set = [&](const char* key, const nlohmann::json& value) {
        return error_after(report, [&](nlohmann::json& json) { json[key] = value; });
    };
    CHECK(set("state", 1) == "none");
    CHECK(set("state", 0) == "in a message report: state is no number from 1 to 4");
    CHECK(set("state", 5) == "in a message report: state is no number from 1 to 4");
    CHECK(set("state", -1) == "in a message report: state is no number from 1 to 4");
    CHECK(set("reason", 14) == "in a message report: reason is no number from 1 to 13");
    CHECK(set("instance", 0) != "none");
    CHECK(set("instance", "5") != "none");
    CHECK(set("instance", 5.0) != "none");
    CHECK(set("detail", 2147483648) != "none");
    CHECK(set("elapsed", -1) != "none");
    CHECK(set("elapsed", UINT64_MAX) != "none");
    CHECK(set("message", std::string(256, 'm')) == "none");
    CHECK(set("message", std::string(257, 'm')) != "none");
    CHECK(set("message", "\xff") == "in a message report: message is no UTF-8 of at most 256 bytes");
    CHECK(set("message", "\xed\xa0\x80") != "none");
    CHECK(set("metrics", nlohmann::json::array()) == "none");
    CHECK(set("metrics", nlohmann::json(65, {{"name", "a"}, {"value", 1}})) ==
          "in a message report: metrics is no list of at most 64 items");
    CHECK(set("metrics", {1}) == "in a message report: in a metric: no map");
    CHECK(error_after(report, [](nlohmann::json& json) { json.erase("detail"); }) ==
          "in a message report: detail is missing");
    CHECK(set("is", "rumour") == "a message of an unknown kind");
    CHECK(set("is", 3) != "none");
}

TEST_CASE("A number that is none is refused") {
    Bytes frame = encode(ToAgent(Report{5, 9, 3, 2, 0, 0, "m", {{"a", 1.5}}}));
    REQUIRE(decode_to_agent(frame));
    const std::array<std::uint8_t, 5> written{0xfa, 0x3f, 0xc0, 0, 0};
    const auto at = std::search(frame.begin(), frame.end(), written.begin(), written.end());
    REQUIRE(at != frame.end());
    *(at + 1) = 0x7f;
    CHECK(decode_to_agent(frame).error().text ==
          "in a message report: in a metric: value is no finite number");
}
