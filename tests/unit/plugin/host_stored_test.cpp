// SPDX-License-Identifier: Apache-2.0
// The promise of sdk/README.md: a plugin that was built with the headers of 1.0 is loaded and run by every
// later host, without being compiled again (tests/plugins/stored).
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "regent/abi/notifier.h"
#include "regent/abi/result.h"
#include "tests/unit/plugin/host_process.hpp"

using namespace regent;
using namespace regent::plugin;
using namespace std::chrono_literals;
using test::HostProcess;

using Catch::Matchers::Contains;

namespace {

constexpr auto file = "regent-stored-1.0";

// In the order of the choices in tests/plugins/stored/stored.c.
enum Way : std::int64_t { at_once, by_fd, by_timer, by_thread };
constexpr std::array<const char*, 4> words{"at-once", "fd", "timer", "thread"};

config::Value number(std::int64_t value) {
    return {true, value, 0, {}, {}};
}
config::Value text(const std::string& value) {
    return {true, 0, 0, value, {}};
}

std::vector<config::Value> values(Way way) {
    config::Value names{true, 0, 0, {}, {text("lb1"), text("lb2")}};
    const auto word = words.at(static_cast<std::size_t>(way));
    return {number(1),
            number(3),
            {true, 0, 0.25, {}, {}},
            text("two words"),
            number(2'000'000),
            number(65536),
            text("192.0.2.1"),
            number(443),
            {},
            {true, way, 0, word, {}},
            names};
}

}  // namespace

TEST_CASE("A plugin of version 1.0 is described") {
    const auto run = test::run_host({"--describe", test::test_plugin(file)});
    CAPTURE(run.error);
    REQUIRE(run.status == 0);
    const auto described = nlohmann::json::parse(run.out);
    CHECK(described["id"] == "org.example.stored");
    REQUIRE(described["types"].size() == 2);
    CHECK(described["types"][0]["kind"] == "check");
    CHECK(described["types"][0]["pushes"] == true);
    CHECK(described["types"][1]["kind"] == "notifier");
    std::string types;
    for (const auto& parameter : described["types"][0]["parameters"])
        types += parameter["type"].get<std::string>() + " ";
    CHECK(types == "bool int float string duration size address port path choice string ");
}

TEST_CASE("A plugin of version 1.0 judges values") {
    auto question = nlohmann::json::array();
    auto wrong = nlohmann::json::array();
    for (int index = 0; index < 11; ++index)
        wrong.push_back(nlohmann::json::object());
    wrong[1] = {{"integer", 7}};
    wrong[10] = {{"items", {{{"text", "lb1"}}}}};
    question.push_back({{"kind", "check"}, {"type", "stored"}, {"values", wrong}});
    const auto run = test::run_host({"--validate", test::test_plugin(file)}, question.dump());
    CAPTURE(run.error);
    REQUIRE(run.status == 0);
    const auto answer = nlohmann::json::parse(run.out);
    CHECK(answer[0]["parameter"] == 1);
    CHECK(answer[0]["text"] == "7 is not liked");
}

TEST_CASE("A check of version 1.0 lives its life") {
    const auto way = GENERATE(at_once, by_fd, by_timer, by_thread);
    HostProcess host(file);
    CHECK(host.greet().plugin == "org.example.stored");
    const auto instance = host.make("stored", values(way));
    for (std::uint64_t probe = 1; probe <= 5; ++probe) {
        const auto report = host.probe(instance, probe);
        CHECK(report.state == REGENT_STATE_DEGRADED);
        CHECK(report.reason == REGENT_REASON_PROTOCOL);
        CHECK(report.detail == 42);
        CHECK(report.message == std::string("1 3 0.25 two words 2000000 65536 192.0.2.1 443 0 ") +
                                    words.at(static_cast<std::size_t>(way)) + " 2 lb1");
        REQUIRE(report.metrics.size() == 1);
        CHECK(report.metrics[0].name == "stored_ratio");
        CHECK(report.metrics[0].value == 0.5);
    }
    host.send(Destroy{instance});
    host.send(Ping{1});
    CHECK(host.await<Pong>().late_calls == 0);
    std::string logged;
    for (const auto& message : host.others) {
        if (const auto* line = std::get_if<LogLine>(&message)) logged += line->text + " ";
    }
    CHECK(logged == "started stopped ");
}

TEST_CASE("A notifier of version 1.0 takes an event") {
    HostProcess host(file);
    host.greet();
    const auto instance = host.make("stored", values(at_once), config::PluginKind::notifier);
    Notify event;
    event.instance = instance;
    event.event = 5;
    event.kind = REGENT_EVENT_TEST;
    event.new_state = "master";
    event.deadline = test::in(test::patience);
    host.send(event);
    const auto ack = host.await<Ack>();
    CHECK(ack.event == 5);
    CHECK(ack.delivered);
    CHECK(ack.text == "master");
}
