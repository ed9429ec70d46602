// SPDX-License-Identifier: Apache-2.0
// The C++ wrapper: what it makes of a class, and that nothing is thrown across.
#include <array>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "regent/plugin.hpp"
#include "regent/testing.hpp"

namespace sdk = regent::sdk;
using sdk::testing::FakeHost;
using sdk::testing::Refused;

namespace {

/// Throws wherever a test wants.
struct Thrower {
    static constexpr std::string_view name = "thrower", summary = "throws";
    static constexpr std::uint32_t flags = REGENT_TYPE_PUSHES;
    static constexpr std::array params{
        sdk::Param::integer("first", "a number").or_else("1").between(0, 9),
        sdk::Param::choice("where", "where it throws",
                           std::array<std::string_view, 8>{"nowhere", "validate", "create", "start", "probe",
                                                           "timer", "stop", "odd"})
            .or_else("\"nowhere\""),
    };

    static void validate(const sdk::Values& values) {
        if (values.text("where") == "validate") throw sdk::Blame(values, "where", "not there");
    }
    Thrower(sdk::Context made, const sdk::Values& values) : context(made), where(values.text("where")) {
        if (where == "create") throw std::runtime_error("create says no");
    }
    void start() {
        context.set_timer(1, context.now() + std::chrono::seconds(1));
        if (where == "start") throw std::runtime_error("start says no");
    }
    void probe(sdk::ProbeId probe, sdk::Instant) {
        if (where == "probe") throw std::runtime_error("probe broke");
        if (where == "odd") throw 7;
        context.report(probe, sdk::up());
    }
    void on_timer(std::uint64_t) {
        if (where == "timer") throw std::runtime_error("the timer broke");
    }
    void stop() {
        if (where == "stop") throw std::runtime_error("stop broke");
    }

    sdk::Context context;
    std::string where;
};

/// The least that a class may have.
struct Least {
    static constexpr std::string_view name = "least", summary = "has nothing optional";
    Least(sdk::Context made, const sdk::Values&) : context(made) {}
    void probe(sdk::ProbeId probe, sdk::Instant) { context.report(probe, sdk::up()); }
    sdk::Context context;
};

struct Teller {
    static constexpr std::string_view name = "teller", summary = "acks by the new state";
    Teller(sdk::Context made, const sdk::Values&) : context(made) {}
    void notify(const sdk::Event& event) {
        if (event.new_state == "throw") throw std::runtime_error("cannot tell");
        if (event.new_state != "silence") context.ack(event.id, true, event.name + " " + event.new_state);
    }
    sdk::Context context;
};

// All of it is there before any code runs.
static_assert(sdk::check<Thrower>.kind == REGENT_KIND_CHECK);
static_assert(sdk::check<Thrower>.flags == REGENT_TYPE_PUSHES);
static_assert(sdk::check<Thrower>.param_count == 2);
static_assert(sdk::from_abi(sdk::check<Thrower>.name) == "thrower");
static_assert(sdk::check<Thrower>.params[0]->max == 9);
static_assert(sdk::from_abi(sdk::check<Thrower>.params[1]->choices[7]) == "odd");
static_assert(sdk::from_abi(sdk::check<Thrower>.params[1]->default_toml) == "\"nowhere\"");
static_assert(sdk::check<Least>.param_count == 0);
static_assert(sdk::notifier<Teller>.kind == REGENT_KIND_NOTIFIER);

std::string refusal(const std::string& where) {
    FakeHost host;
    try {
        auto instance = host.create(sdk::check<Thrower>, {{"where", where}});
        instance.start();
    } catch (const Refused& refused) {
        return refused.param + ": " + refused.what();
    }
    return "accepted";
}

}  // namespace

REGENT_PLUGIN("org.example.test", "1.2.3", "for tests", "https://example.org/", "Apache-2.0",
              sdk::check<Thrower>, sdk::check<Least>, sdk::notifier<Teller>)

TEST_CASE("A plugin is one constant object") {
    CHECK(regent_plugin_v1.type_count == 3);
    CHECK(regent_plugin_v1.abi_major == REGENT_ABI_MAJOR);
    CHECK(sdk::from_abi(regent_plugin_v1.version) == "1.2.3");
    CHECK(regent_plugin_v1.types[2] == &sdk::notifier<Teller>);
}

TEST_CASE("A class that throws refuses, and may blame a parameter by its place") {
    CHECK(refusal("nowhere") == "accepted");
    CHECK(refusal("validate") == "where: not there");
    CHECK(refusal("create") == ": create says no");
    CHECK(refusal("start") == ": start says no");
}

TEST_CASE("A probe that throws is UNKNOWN") {
    for (const auto& [where, message] :
         {std::pair{"probe", "probe broke"}, {"odd", "an exception of an unknown type"}}) {
        FakeHost host;
        auto instance = host.create(sdk::check<Thrower>, {{"where", where}});
        instance.start();
        const auto answer = instance.answer(instance.probe());
        REQUIRE(answer);
        CHECK(answer->state == sdk::State::unknown);
        CHECK(answer->reason == sdk::Reason::internal);
        CHECK(answer->message == message);
    }
}

TEST_CASE("What others throw is logged") {
    FakeHost host;
    auto timer = host.create(sdk::check<Thrower>, {{"where", "timer"}});
    timer.start();
    host.advance(std::chrono::seconds(1));
    REQUIRE(timer.logs().size() == 1);
    CHECK(timer.logs().front().text == "the timer broke");
    CHECK(timer.logs().front().level == sdk::Level::error);
    auto stop = host.create(sdk::check<Thrower>, {{"where", "stop"}});
    stop.start();
    stop.stop();
    CHECK(stop.logs().size() == 1);
}

TEST_CASE("Nothing optional is needed") {
    FakeHost host;
    auto least = host.create(sdk::check<Least>);
    least.start();
    CHECK(least.answer(least.probe())->state == sdk::State::up);
    CHECK(least.describe() == "{}");
    least.stop();
}

TEST_CASE("A value that does not exist is a mistake of the author, and told") {
    FakeHost host;
    const std::array<regent_value, 1> values{};
    const std::array<sdk::Param, 1> params{sdk::Param::boolean("one", "a switch")};
    CHECK_THROWS_AS(sdk::Values(params, values).boolean("two"), std::logic_error);
}

TEST_CASE("A notifier acks, fails by throwing, or runs out of time") {
    FakeHost host;
    auto teller = host.create(sdk::notifier<Teller>);
    teller.start();
    sdk::Event event;
    event.name = "web";
    for (const char* state : {"master", "throw", "silence"}) {
        event.new_state = state;
        teller.notify(event);
        host.advance(std::chrono::seconds(5));
    }
    const auto acks = teller.acks();
    REQUIRE(acks.size() == 3);
    CHECK(acks[0].delivered);
    CHECK(acks[0].text == "web master");
    CHECK_FALSE(acks[1].delivered);
    CHECK(acks[1].text == "cannot tell");
    CHECK_FALSE(acks[2].delivered);
    CHECK(acks[2].by_host);
}

TEST_CASE("An error's text is cut to the room there is") {
    std::array<char, 4> room{};
    regent_error error{sizeof error, REGENT_NO_PARAM, room.data(), room.size(), 0};
    sdk::detail::write_error(&error, "too long", 1);
    CHECK(std::string_view(error.text, error.len) == "too ");
    CHECK(error.param_index == 1);
}
