// SPDX-License-Identifier: Apache-2.0
// A host with a plugin that keeps the contract: everything that the agent may say, and what comes of it.
#include "regent/abi/host.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "regent/abi/result.h"
#include "tests/unit/plugin/host_process.hpp"

using namespace regent;
using namespace regent::plugin;
using namespace std::chrono_literals;
using test::HostProcess;

using Catch::Matchers::Contains;

namespace {

// In the order of the choices in tests/plugins/good.c.
enum Way : std::int64_t { at_once, by_fd, by_timer, by_thread, by_wake, never, stalled };

std::vector<config::Value> good(Way way, std::int64_t port = 80) {
    return {{true, way, 0, {}, {}}, {true, port, 0, {}, {}}};
}

// On a busy machine a question may come too late, and then nobody has looked: it is asked again, so often.
constexpr int attempts = 10;

/// What comes of a probe that has come in time; `probe` is its number.
Report in_time(HostProcess& host, InstanceId instance, std::uint64_t& probe, std::chrono::milliseconds time) {
    auto report = host.probe(instance, probe, time);
    for (int attempt = 1; report.state == REGENT_STATE_UNKNOWN && attempt < attempts; ++attempt) {
        host.send(Ping{probe});
        host.await<Pong>();
        host.others.clear();
        report = host.probe(instance, ++probe, time);
    }
    return report;
}

}  // namespace

TEST_CASE("A host says hello, makes an instance, and ends it") {
    HostProcess host("good");
    const auto hello = host.greet();
    CHECK(hello.version == protocol_version);
    CHECK(hello.plugin == "org.example.good");
    CHECK(hello.plugin_version == "1.2.3");
    const auto instance = host.make("good", good(at_once));
    host.send(Destroy{instance});
    const auto line = host.await<LogLine>();
    CHECK(line.instance == instance);
    CHECK(line.level == REGENT_LOG_INFO);
    CHECK(line.text == "stopped");
    host.send(Ping{7});
    const auto pong = host.await<Pong>();
    CHECK(pong.number == 7);
    CHECK(pong.late_calls == 0);
    CHECK(host.others.empty());
}

TEST_CASE("An answer comes however the plugin finds it") {
    const auto [way, words] = GENERATE(table<Way, std::string>({{at_once, "at once"},
                                                                {by_fd, "descriptor"},
                                                                {by_timer, "timer"},
                                                                {by_thread, "thread"},
                                                                {by_wake, "woken"}}));
    HostProcess host("good");
    host.greet();
    const auto instance = host.make("good", good(way));
    for (std::uint64_t probe = 1; probe <= 50; ++probe) {
        const auto report = host.probe(instance, probe);
        CHECK(report.instance == instance);
        CHECK(report.probe == probe);
        CHECK(report.state == REGENT_STATE_UP);
        CHECK(report.reason == REGENT_REASON_OK);
        CHECK(report.message == words);
        CHECK(report.elapsed > 0);
        REQUIRE(report.metrics.size() == 1);
        CHECK(report.metrics[0].name == "port");
        CHECK(report.metrics[0].value == 80);
    }
    CHECK(host.others.empty());
}

TEST_CASE("Without an answer the host says so at the deadline, and cancels") {
    HostProcess host("good");
    host.greet();
    const auto instance = host.make("good", good(never));
    const auto begin = test::in(0ms);
    std::uint64_t probe = 5;
    const auto report = in_time(host, instance, probe, 300ms);
    CHECK(test::in(0ms) - begin >= 300'000'000);
    CHECK(report.probe == probe);
    CHECK(report.state == REGENT_STATE_DOWN);
    CHECK(report.reason == REGENT_REASON_TIMEOUT);
    CHECK(report.message == "no answer within 300 ms");
    CHECK(report.elapsed >= 300'000'000);
    CHECK(host.await<LogLine>().text == "cancelled " + std::to_string(probe));
    CHECK(host.others.empty());
}

TEST_CASE("Answers that lay in descriptors while the host was held up count") {
    HostProcess host("good");
    host.greet();
    constexpr InstanceId count = 50;
    for (InstanceId instance = 1; instance < count; ++instance)
        host.make("good", good(by_fd));
    host.make("good", good(stalled));
    unsigned answered = 0;
    for (std::uint64_t round = 1; round <= 10; ++round) {
        const auto now = test::in(0ms);
        const auto deadline = now + std::chrono::nanoseconds(50ms).count();
        for (InstanceId instance = 1; instance <= count; ++instance)
            host.send(Probe{instance, round, deadline, now});
        for (InstanceId instance = 1; instance <= count; ++instance) {
            const auto report = host.await<Report>();
            // On a busy machine the question itself may come too late, and then nobody looked.
            if (report.state == REGENT_STATE_UNKNOWN) continue;
            CHECK(report.message == "descriptor");
            ++answered;
        }
    }
    CHECK(answered > 0);
}

TEST_CASE("A check for which another one left no time is not said to be DOWN") {
    HostProcess host("good");
    host.greet();
    const auto waiting = host.make("good", good(never));
    const auto holding = host.make("good", good(stalled));
    // Both questions are there when it looks: a test that is held up between them does not leave it the time.
    REQUIRE(::kill(host.pid(), SIGSTOP) == 0);
    siginfo_t stopped{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(host.pid()), &stopped, WSTOPPED) == 0);
    const auto now = test::in(0ms);
    const auto deadline = now + std::chrono::nanoseconds(100ms).count();
    for (const auto instance : {waiting, holding})
        host.send(Probe{instance, 1, deadline, now});
    REQUIRE(::kill(host.pid(), SIGCONT) == 0);
    for (int count = 0; count < 2; ++count) {
        const auto report = host.await<Report>();
        if (report.instance != waiting) continue;
        CHECK(report.state == REGENT_STATE_UNKNOWN);
        CHECK(report.reason == REGENT_REASON_INTERNAL);
        CHECK_THAT(report.message, Contains("held up") || Contains("too late"));
    }
}

TEST_CASE("A new probe cancels the one that is open, which is not answered any more") {
    HostProcess host("good");
    host.greet();
    const auto instance = host.make("good", good(never));
    host.send(Probe{instance, 1, test::in(test::patience)});
    const auto report = host.probe(instance, 2, 50ms);
    CHECK(report.probe == 2);
    REQUIRE(host.others.size() == 1);
    CHECK(std::get<LogLine>(host.others[0]).text == "cancelled 1");
}

TEST_CASE("A probe that comes after its deadline says nothing about what is checked") {
    HostProcess host("good");
    host.greet();
    const auto report = host.probe(host.make("good", good(at_once)), 3, -20ms);
    CHECK(report.state == REGENT_STATE_UNKNOWN);
    CHECK(report.reason == REGENT_REASON_INTERNAL);
    CHECK_THAT(report.message, Contains("too late"));
}

TEST_CASE("A thousand instances are asked and answered") {
    HostProcess host("good");
    host.greet();
    constexpr InstanceId count = 1000;
    for (InstanceId instance = 1; instance <= count; ++instance)
        host.make("good", good(instance % 2 == 0 ? by_fd : by_timer));
    std::vector<unsigned> answers(count + 1);
    for (std::uint64_t round = 1; round <= 3; ++round) {
        for (InstanceId instance = 1; instance <= count; ++instance)
            host.send(Probe{instance, round, test::in(test::patience)});
        for (InstanceId instance = 1; instance <= count; ++instance) {
            const auto report = host.await<Report>();
            REQUIRE(report.state == REGENT_STATE_UP);
            CHECK(report.probe == round);
            ++answers[report.instance];
        }
    }
    CHECK(std::count(answers.begin() + 1, answers.end(), 3U) == count);
}

TEST_CASE("A plugin refuses values, and names the parameter") {
    HostProcess host("good");
    host.greet();
    host.send(Create{1, config::PluginKind::check, "good", "a", good(at_once, 13)});
    auto refused = host.await<Refused>();
    CHECK(refused.parameter == 1U);
    CHECK(refused.text == "port 13 brings bad luck");
    host.send(Create{2, config::PluginKind::check, "good", "b", good(at_once, 14)});
    refused = host.await<Refused>();
    CHECK(refused.instance == 2);
    CHECK_FALSE(refused.parameter);
    CHECK(refused.text == "port 14 cannot be used here");
    // It does not exist, and may still be asked by an agent that has not heard of it.
    host.send(Probe{2, 1, test::in(1s)});
    CHECK(host.probe(host.make("good", good(at_once)), 1).state == REGENT_STATE_UP);
}

TEST_CASE("Values that do not fit the schema do not reach the plugin") {
    HostProcess host("good");
    host.greet();
    auto refusal = [&, id = InstanceId{0}](const std::string& type,
                                           std::vector<config::Value> values) mutable {
        host.send(Create{++id, config::PluginKind::check, type, "a", std::move(values)});
        return host.await<Refused>().text;
    };
    const config::Value port{true, 80, 0, {}, {}};
    CHECK(refusal("better", {}) == "the plugin does not offer type better");
    CHECK(refusal("note", {}) == "the plugin does not offer type note");
    CHECK(refusal("good", {}) == "type good has 2 parameters, and 0 values came");
    CHECK(refusal("good", {{true, 7, 0, {}, {}}, port}) == "parameter way has no choice number 7");
    CHECK(refusal("good", {{true, -1, 0, {}, {}}, port}) == "parameter way has no choice number -1");
    CHECK(refusal("good", {{}, {}}) == "parameter port is missing");
    CHECK(refusal("good", {{}, {true, 80, 0, {}, {port}}}) == "parameter port is no list");
}

TEST_CASE("A notifier is told, and its end is said by it or by the clock") {
    HostProcess host("good");
    host.greet();
    const auto instance = host.make("note", {}, config::PluginKind::notifier);
    Notify event{instance, 4,        test::in(test::patience), 1, 12, 5, 101, "lb1", "VI_1", "SG1",
                 "backup", "master", "no \"advert\"",          0};
    host.send(event);
    auto ack = host.await<Ack>();
    CHECK(ack.event == 4);
    CHECK(ack.delivered);
    const auto told = nlohmann::json::parse(ack.text);
    CHECK(told["kind"] == "instance");
    CHECK(told["new_state"] == "master");
    CHECK(told["reason"] == "no \"advert\"");
    CHECK(told["priority"] == 101);
    event.event = 99;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        event.asked = test::in(0ms);
        event.deadline = event.asked + std::chrono::nanoseconds(200ms).count();
        host.send(event);
        ack = host.await<Ack>();
        if (ack.text.find("too late") == std::string::npos) break;
    }
    CHECK(ack.event == 99);
    CHECK_FALSE(ack.delivered);
    CHECK(ack.text == "not done within 200 ms");
    CHECK(host.await<LogLine>().text == "cancelled 99");
}

TEST_CASE("When the agent is gone the host ends its instances and itself") {
    HostProcess host("good");
    host.greet();
    host.make("good", good(by_thread));
    host.hang_up();
    const int status = host.wait_status();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(host.words().empty());
}
