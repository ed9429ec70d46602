// SPDX-License-Identifier: Apache-2.0
// A description survives its way through JSON; nothing that a host could print instead gets through or
// throws.
#include "agent/plugin/description.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/catch.h>

namespace regent::plugin {
namespace {

using config::Parameter;
using config::ParameterType;
using config::Plugin;
using config::PluginKind;
using nlohmann::json;

Parameter parameter(ParameterType type, std::string name) {
    Parameter made;
    made.type = type;
    made.name = std::move(name);
    made.summary = "what it is for";
    return made;
}

/// Every type and every flag.
Plugin example() {
    Plugin plugin;
    plugin.id = "org.example.web";
    plugin.version = "1.2.3";
    plugin.summary = "Looks at a web server";
    plugin.url = "https://example.org";
    plugin.license = "Apache-2.0";
    config::PluginType check{PluginKind::check, "web-page", "asks for a page", true, true, false, {}};
    for (unsigned type = 1; type <= 10; ++type) {
        check.parameters.push_back(parameter(static_cast<ParameterType>(type), fmt::format("p{}", type)));
    }
    check.parameters[0].required = true;
    check.parameters[1].list = true;
    check.parameters[1].min = 1;
    check.parameters[1].max = 16;
    check.parameters[3].secret = true;
    check.parameters[4].deprecated = true;
    check.parameters[4].default_toml = "\"1s\"";
    check.parameters[9].choices = {"get", "head"};
    plugin.types.push_back(check);
    plugin.types.push_back({PluginKind::notifier, "web-page", "tells a page", false, false, true, {}});
    return plugin;
}

json document() {
    return json::parse(write_description(example()));
}

/// What is said about the example after `change`; empty when it is accepted.
template <class Change>
std::string complaint(const Change& change) {
    json changed = document();
    change(changed);
    const auto read = read_description(changed.dump());
    return read ? "" : read.error().text;
}

TEST_CASE("what is written is read again") {
    const auto read = read_description(write_description(example()));
    REQUIRE(read);
    CHECK(*read == example());
}

TEST_CASE("what is not UTF-8 is replaced, not thrown") {
    Plugin plugin = example();
    plugin.summary = "\xff";
    CHECK(read_description(write_description(plugin)).value().summary == "\xef\xbf\xbd");
}

TEST_CASE("a key that is not known is passed over") {
    CHECK(complaint([](json& plugin) { plugin["later"] = 1; }) == "");
}

TEST_CASE("each field that is missing or of another type is named") {
    const auto every = [](const json::json_pointer& at) {
        const json whole = document();
        for (const auto& [key, value] : whole[at].items()) {
            CHECK(complaint([&, k = key](json& plugin) { plugin[at].erase(k); }).find(key) !=
                  std::string::npos);
            CHECK(complaint([&, k = key](json& plugin) { plugin[at][k] = 1.5; }).find(key) !=
                  std::string::npos);
        }
    };
    every(json::json_pointer(""));
    every(json::json_pointer("/types/0"));
    every(json::json_pointer("/types/0/parameters/0"));
}

TEST_CASE("names, choices and bounds") {
    const auto set = [](const char* at, const json& value) {
        return complaint([&](json& plugin) { plugin[json::json_pointer(at)] = value; });
    };
    CHECK(set("/id", "") == "the description: id is empty");
    CHECK(set("/types", json::array()) == "the description: types is empty");
    CHECK(set("/types/0/name", "../x") ==
          "the description: a type: name \"../x\" is not lower-case letters, digits and \"-\"");
    CHECK(set("/types/0/kind", "chek") == "the description: a type: kind cannot be \"chek\"");
    CHECK(set("/types/0/needs", {"root"}) == "check type \"web-page\": needs \"root\", which is not known");
    CHECK(set("/types/1/kind", "check") == "the description: types has check web-page twice");
    CHECK(set("/types/0/parameters/1/name", "p1") == "check type \"web-page\": parameters has p1 twice");
    CHECK(set("/types/0/parameters/1/name", "interval") ==
          "check type \"web-page\": parameters has interval, a key of the agent's own");
    CHECK(set("/types/0/parameters/1/min", 17) ==
          "check type \"web-page\": parameter p2: min is larger than max");
    CHECK(set("/types/0/parameters/1/max", UINT64_MAX) ==
          "check type \"web-page\": parameter p2: max is not a whole number of 64 bits");
    CHECK(set("/types/0/parameters/9/choices", json::array()) ==
          "check type \"web-page\": parameter p10: choices is empty");
    CHECK(set("/types/0/parameters/0/choices", {"a"}) ==
          "check type \"web-page\": parameter p1: choices belongs to type \"choice\"");
    CHECK(set("/summary", "a\x1b[31m") == "the description: summary has control characters");
    CHECK(set("/summary", std::string(2000, 'x')) == "the description: summary is longer than 1024 bytes");
    CHECK(set("/types/0/parameters", json(65, json::object())) ==
          "check type \"web-page\": parameters has more than 64 entries");
}

TEST_CASE("what is not a description at all") {
    const auto said = [](std::string_view text) { return read_description(text).error().text; };
    CHECK(said("") == "the description is not JSON");
    CHECK(said("\"\xff\"") == "the description is not JSON");
    CHECK(said("[]") == "the description is not an object");
    CHECK(said(std::string(1000, '[')) == "the description is nested too deeply");
    CHECK(said(std::string(maximum_description + 1, ' ')) == "the description is larger than 1048576 bytes");
}

TEST_CASE("any change of a byte gives a description or a sentence") {
    rc::prop("mutated", [] {
        std::string text = write_description(example());
        for (int i = *rc::gen::inRange(1, 8); i > 0; --i) {
            text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
        }
        const auto read = read_description(text);
        RC_ASSERT(read.has_value() || !read.error().text.empty());
        if (read) RC_ASSERT(read_description(write_description(*read)).value() == *read);
    });
}

}  // namespace
}  // namespace regent::plugin
