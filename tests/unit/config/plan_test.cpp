// SPDX-License-Identifier: Apache-2.0
// Checks and notifiers: what the schema of a plugin makes of a file.
#include <catch2/catch.hpp>

#include "tests/unit/config/support.hpp"

namespace regent::config {
namespace {

using namespace std::chrono_literals;
using test::brief;
using test::load;

/// A check of this type with these lines, from line 9 on.
Loaded load_check(const std::string& lines, const std::string& type = "every") {
    return load(test::instance("track = [\"c\"]") + "[check.c]\ntype = \"" + type + "\"\n" + lines);
}

/// The value of one parameter of that check.
Value value_of(const std::string& name, const std::string& lines) {
    const Loaded loaded = load_check(lines);
    CHECK(loaded.diagnostics == std::vector<Diagnostic>{});
    REQUIRE(loaded.plan.checks.size() == 1);
    const PluginUse& use = loaded.plan.checks.front().use;
    const Offer offer = find_type(loaded.plugins, PluginKind::check, use.type);
    REQUIRE(offer);
    REQUIRE(use.values.size() == offer.type->parameters.size());
    for (std::size_t i = 0; i < use.values.size(); ++i) {
        if (offer.type->parameters[i].name == name) return use.values[i];
    }
    FAIL(name << " is no parameter");
    return {};
}

Value number(std::int64_t value) {
    Value made;
    made.set = true;
    made.integer = value;
    return made;
}

Value words(std::string text, std::int64_t index = 0) {
    Value made = number(index);
    made.text = std::move(text);
    return made;
}

TEST_CASE("each type of parameter arrives as the plugin contract has it") {
    CHECK(value_of("flag", "flag = true") == number(1));
    CHECK(value_of("flag", "flag = false") == number(0));
    CHECK(value_of("count", "count = -3") == number(-3));
    CHECK(value_of("ratio", "ratio = 0.25").number == 0.25);
    CHECK(value_of("ratio", "ratio = 2").number == 2);
    CHECK(value_of("word", "word = \"a b\"") == words("a b"));
    CHECK(value_of("delay", "delay = \"250ms\"") == number(250'000'000));
    CHECK(value_of("room", "room = \"64KiB\"") == number(65536));
    CHECK(value_of("room", "room = 1000") == number(1000));
    CHECK(value_of("host", "host = \"2001:DB8::1\"") == words("2001:db8::1"));
    CHECK(value_of("door", "door = 443") == number(443));
    CHECK(value_of("file", "file = \"/run/x\"") == words("/run/x"));
    CHECK(value_of("method", "method = \"head\"") == words("head", 1));
    CHECK(value_of("words", "words = [\"a\", \"b\"]").items == std::vector{words("a"), words("b")});
    CHECK(value_of("doors", "doors = []").items.empty());
    CHECK(value_of("doors", "doors = []").set);
}

TEST_CASE("a default stands in for what is not given, and without one nothing is set") {
    CHECK(value_of("method", "") == words("get", 0));
    CHECK(value_of("buffer", "") == number(65536));
    CHECK(value_of("word", "") == Value{});
    CHECK(value_of("doors", "") == Value{});
}

TEST_CASE("bounds are inside") {
    CHECK(value_of("small", "small = -5") == number(-5));
    CHECK(value_of("small", "small = 5") == number(5));
    CHECK(value_of("buffer", "buffer = \"1MiB\"") == number(1 << 20));
    CHECK(value_of("ports", "ports = [1, 65535]").items.size() == 2);
    CHECK(value_of("more", "more = 9223372036854775807") == number(INT64_MAX));
}

TEST_CASE("the agent's own keys of a check") {
    const Loaded loaded = load_check("jitter = \"5ms\"\nmode = \"event\"\nresync = \"1m\"\nconfirm = true\n");
    REQUIRE(loaded.settings);
    const CheckPlan& check = loaded.plan.checks.at(0);
    CHECK(check.settings == loaded.settings->checks.at(0));
    CHECK(check.jitter == 5ms);
    CHECK(check.mode == Mode::event);
    CHECK(check.resync == 60s);
    CHECK(check.confirm);
    CHECK(check.use.plugin == "/plugins/regent-every.so");
    CHECK(load_check("").plan.checks.at(0).mode == Mode::both);
    CHECK(load_check("").plan.checks.at(0).resync == 30s);
    CHECK_FALSE(load_check("").plan.checks.at(0).confirm);
}

TEST_CASE("what a plugin needs is what all of its types need: they share a process") {
    const Loaded loaded = load("[notifier.n]\ntype = \"exec\"\ncommand = [\"a\"]\n");
    REQUIRE(loaded.settings);
    CHECK(loaded.plan.notifiers.at(0).use.needs_setuid);
    CHECK_FALSE(loaded.plan.notifiers.at(0).use.needs_net_raw);
}

TEST_CASE("a notifier and its defaults") {
    const std::string exec = "[notifier.n]\ntype = \"exec\"\ncommand = [\"a\", \"b\"]\n";
    const NotifierPlan plain = load(exec).plan.notifiers.at(0);
    CHECK(plain.name == "n");
    CHECK(plain.events.empty());
    CHECK(plain.timeout == 10s);
    CHECK(plain.queue == 64);
    CHECK(plain.use.values.at(0).items.size() == 2);
    const NotifierPlan full =
        load(exec + "events = [\"stop\", \"fault\"]\ntimeout = \"2s\"\nqueue = 4096\nkeepalived = true\n")
            .plan.notifiers.at(0);
    CHECK(full.events == std::set<std::string>{"fault", "stop"});
    CHECK(full.timeout == 2s);
    CHECK(full.queue == 4096);
    CHECK(full.use.values.at(2) == number(1));
    const std::string all = "events = [\"master\", \"backup\", \"fault\", \"stop\", \"deleted\"]";
    CHECK(load(exec + all).plan.notifiers.at(0).events.empty());
}

TEST_CASE("plugins are looked for only where the file uses one") {
    int asked = 0;
    Capabilities capabilities;
    capabilities.installed = [&] {
        ++asked;
        return test::installed();
    };
    capabilities.validate = [&](const std::vector<Candidate>&) {
        ++asked;
        return Verdicts{};
    };
    CHECK(load_text(test::instance(), "f", capabilities, "host").settings);
    CHECK(load_text("[check", "f", capabilities, "host").diagnostics.size() == 1);
    CHECK(asked == 0);
    CHECK(load_text("[check.x]\ntype = \"twin\"\n", "f", capabilities, "host").diagnostics.size() >= 1);
    CHECK(asked == 1);
}

TEST_CASE("a plugin judges only values that its schema allows") {
    std::vector<std::string> seen;
    Capabilities capabilities = test::capabilities();
    capabilities.validate = [&](const std::vector<Candidate>& candidates) {
        for (const Candidate& each : candidates)
            seen.push_back(each.values->at(0).items.at(0).text);
        return Verdicts{};
    };
    const std::string text =
        "[check.a]\ntype = \"exec\"\ncommand = [\"good\"]\n[check.b]\ntype = \"exec\"\ncommand = 3\n";
    const Loaded loaded = load_text(text, "f", capabilities, "host");
    CHECK(has_errors(loaded.diagnostics));
    CHECK(seen == std::vector<std::string>{"good"});
}

TEST_CASE("a secret is in no diagnostic") {
    const auto shown = [](const std::string& lines) {
        const Loaded loaded = load_check(lines);
        CHECK(has_errors(loaded.diagnostics));
        const std::string text = render(loaded.diagnostics, false);
        CAPTURE(text);
        CHECK(text.find("geheim") == std::string::npos);
        CHECK(text.find("4711") == std::string::npos);
    };
    shown("key = [\"geheim\"]");
    shown("keys = \"geheim\"");
    shown("keys = [\n\"geheim\", 4711,\n  { a = \"geheim\" } ]");
    shown("pin = \"4711\"");
    shown("pin = 4711.5");
    shown("hidden_choice = \"geheim\"");
    shown("hidden_choice = \"\"\"\ngeheim\n\"\"\"");
    shown("key = \"geheim\"\nkeyy = \"geheim\"\nsmall = 9");
    shown("smal = 9 # key = geheim");
}

TEST_CASE("a hidden secret cannot be loaded by mistake") {
    const Loaded loaded = load_check("key = \"geheim\"\nkeys = [\"geheim\", \"b\"]\npin = 4711");
    REQUIRE(loaded.settings);
    const std::string hidden = test::dump(loaded, Secrets::hide);
    CHECK(hidden.find("geheim") == std::string::npos);
    CHECK(hidden.find("4711") == std::string::npos);
    CHECK(brief(load(hidden)) ==
          std::vector<std::string>{"46:21 bad_value", "47:22 bad_value", "48:21 wrong_type"});
}

TEST_CASE("values that do not fit a frame to the host are refused") {
    const std::string large(16000, 'x');
    CHECK(load_check("word = \"" + large + "\"").settings);
    CHECK(brief(load_check("word = \"" + large + large + "\"")) ==
          std::vector<std::string>{"9:8 out_of_range"});
    CHECK(brief(load_check("words = [\"" + large + "\", \"" + large + "\", \"" + large + "\", \"" + large +
                           "\"]")) == std::vector<std::string>{"7:8 out_of_range"});
    std::string many;
    for (int i = 0; i < 1025; ++i)
        many += "1,";
    CHECK(brief(load_check("counts = [" + many + "]")) == std::vector<std::string>{"9:10 out_of_range"});
}

TEST_CASE("the flaw of a schema is told without a file") {
    const Installed all = test::installed();
    CHECK(schema_flaw(*find_type(all.plugins, PluginKind::check, "every").type) == "");
    CHECK(schema_flaw(*find_type(all.plugins, PluginKind::check, "flawed").type) ==
          "the default of its parameter n cannot be used: n must be 1 to 5, not 7");
    const auto flaw = [](const std::string& default_toml) {
        PluginType type;
        type.parameters.push_back({ParameterType::integer, "n", "", default_toml, {}, {}, {}, {}, 0, 0, {}});
        return schema_flaw(type);
    };
    CHECK(flaw("1") == "");
    CHECK(flaw("1\nm = 2") == "the default of its parameter n cannot be used: it is more than one value");
    CHECK(flaw("x").starts_with("the default of its parameter n cannot be used: "));
    CHECK(flaw("{ a." + std::string(40, 'b') + ".c.d.e.f.g.h.i.j.k.l.m.n.o.p.q = 1 }") ==
          "the default of its parameter n cannot be used: it is nested too deeply");
}

}  // namespace
}  // namespace regent::config
