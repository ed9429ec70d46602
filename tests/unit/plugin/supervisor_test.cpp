// SPDX-License-Identifier: Apache-2.0
// From a plan to questions and verdicts, events and deliveries; over hosts that are not there.
#include "agent/plugin/supervisor.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <regent/abi/result.h>

#include "agent/platform/clock.hpp"

#include "tests/unit/plugin/supervisor_bench.hpp"

using namespace regent;
using namespace regent::plugin;
using namespace regent::plugin::test;
using namespace std::chrono_literals;
using core::CheckState;

TEST_CASE("Checks of one plugin share a host, and are asked and heard each by itself") {
    Bench bench({"lb1", {check("a"), check("b"), check("c", "exec")}, {}});
    REQUIRE(bench.hosts.size() == 2);
    const auto tcp = std::find_if(bench.hosts.begin(), bench.hosts.end(), [](const auto& host) {
        return host->file.plugin == "/plugins/regent-tcp.so";
    });
    CHECK(bench.make_all(**tcp).size() == 2);
    const auto probes = (*tcp)->heard_of<Probe>();
    REQUIRE(probes.size() == 2);
    bench.answer(**tcp, probes[1], REGENT_STATE_DOWN);
    REQUIRE(bench.verdicts.size() == 1);
    CHECK(bench.verdicts[0].state == CheckState::down);
    CHECK(bench.verdicts[0].message == "said");
    REQUIRE(bench.log.size() == 1);
    CHECK(bench.log[0] == "check " + bench.verdicts[0].check + " is DOWN: said");
}

TEST_CASE("The same answer again and again is told as often as it counts, and then now and then") {
    auto plan = check("a");
    plan.settings.rise = 3;
    plan.settings.interval = 100ms;
    Bench bench({"lb1", {plan}, {}});
    auto& host = *bench.hosts.front();
    bench.make_all(host);
    Instant now = bench.begin;
    const auto ask = [&](std::uint32_t state) {
        auto probes = host.heard_of<Probe>();
        while (probes.empty()) {
            REQUIRE(bench.supervisor.next_deadline());
            now = std::max(now, *bench.supervisor.next_deadline());
            bench.supervisor.run(now);
            for (const auto& ping : host.heard()) {
                if (const auto* probe = std::get_if<Probe>(&ping)) probes.push_back(*probe);
                if (const auto* number = std::get_if<Ping>(&ping)) host.say(Pong{number->number, 0, 0, 0, 0});
            }
            settle(bench.loop);
        }
        bench.answer(host, probes[0], state);
    };
    for (int number = 0; number < 20; ++number)
        ask(REGENT_STATE_UP);
    CHECK(bench.verdicts.size() == 3);
    ask(REGENT_STATE_DOWN);
    ask(REGENT_STATE_UP);
    CHECK(bench.verdicts.size() == 5);
}

TEST_CASE("A new plan touches only what has changed") {
    Bench bench({"lb1", {check("a"), check("b")}, {}});
    auto& host = *bench.hosts.front();
    const auto creations = bench.make_all(host);
    REQUIRE(creations.size() == 2);
    host.heard();
    bench.plan.checks[1].settings.interval = 2s;
    bench.plan.checks.push_back(check("c"));
    bench.supervisor.take_changed();
    bench.supervisor.apply(bench.plan, bench.begin);
    CHECK(bench.supervisor.take_changed());
    settle(bench.loop);
    const auto heard = host.heard();
    std::vector<InstanceId> destroyed;
    std::vector<std::string> made;
    for (const auto& message : heard) {
        if (const auto* gone = std::get_if<Destroy>(&message)) destroyed.push_back(gone->instance);
        if (const auto* creation = std::get_if<Create>(&message)) made.push_back(creation->name);
    }
    CHECK(destroyed == std::vector<InstanceId>{creations[1].instance});
    CHECK(made == std::vector<std::string>{"check b", "check c"});
}

TEST_CASE("A plugin whose file was replaced has another host, and is shown once") {
    Bench bench({"lb1", {check("a"), check("b", "exec")}, {notifier("log")}});
    for (const auto& host : bench.hosts)
        bench.make_all(*host);
    REQUIRE(bench.hosts.size() == 2);
    for (auto& each : bench.plan.checks)
        each.use.build = "2";
    bench.plan.notifiers[0].use.build = "2";
    for (const bool gone : {false, true}) {
        bench.supervisor.apply(bench.plan, bench.begin);
        settle(bench.loop);
        CHECK(bench.hosts.size() == 4);
        std::vector<std::string> shown;
        for (const auto& status : bench.supervisor.status()) {
            if (const auto* plugin = std::get_if<PluginStatus>(&status))
                shown.push_back(plugin->name + " " + plugin->state);
        }
        CHECK(shown == std::vector<std::string>{"regent-exec starting", "regent-tcp starting"});
        if (gone) continue;
        CHECK(bench.hosts[0]->heard_of<Destroy>().size() + bench.hosts[1]->heard_of<Destroy>().size() == 3);
        bench.supervisor.run(platform::now() + 1s);  // they are dismissed
        bench.hosts[0]->die();
        bench.hosts[1]->die();
        settle(bench.loop);
    }
    CHECK(bench.verdicts.empty());
}

TEST_CASE("A dead host makes its checks UNKNOWN, and a refused check too") {
    Bench bench({"lb1", {check("a"), check("b")}, {}});
    auto& host = *bench.hosts.front();
    const auto creations = host.heard_of<Create>();
    REQUIRE(creations.size() == 2);
    host.say(Refused{creations[0].instance, {}, "no such address"});
    host.say(Created{creations[1].instance});
    settle(bench.loop);
    REQUIRE(bench.verdicts.size() == 1);
    CHECK(bench.verdicts[0].state == CheckState::unknown);
    CHECK(bench.verdicts[0].message == "no such address");
    host.die();
    settle(bench.loop);
    REQUIRE(bench.verdicts.size() == 3);
    CHECK(bench.verdicts[1].check == "a");
    CHECK(bench.verdicts[1].message == "its plugin host has ended");
    CHECK(bench.verdicts[2].check == "b");
    CHECK(bench.verdicts[2].state == CheckState::unknown);
}

TEST_CASE("What is shown of a check is what it counts by, and why it is unknown") {
    Bench bench({"lb1", {check("a")}, {}});
    bench.plan.checks[0].mode = config::Mode::poll;
    bench.supervisor.apply(bench.plan, bench.begin);
    auto& host = *bench.hosts.front();
    const auto instance = bench.make_all(host).back().instance;
    const auto shown = [&] { return std::get<CheckStatus>(bench.supervisor.status().at(0)); };
    bench.answer(host, host.heard_of<Probe>().back(), REGENT_STATE_DOWN);
    CHECK(shown().reason == "refused");
    Report pushed;
    pushed.instance = instance;
    pushed.state = REGENT_STATE_UP;
    pushed.reason = REGENT_REASON_OK;
    pushed.metrics = {{"sessions", 3}};
    host.say(pushed);
    settle(bench.loop);
    CHECK(shown().state == "down");
    CHECK(shown().reason == "refused");
    CHECK(shown().metrics.empty());
    host.die();
    settle(bench.loop);
    CHECK(shown().state == "unknown");
    CHECK(shown().reason == "internal");
}

TEST_CASE("A check that was refused is tried again") {
    Bench bench({"lb1", {check("a")}, {}});
    auto& host = *bench.hosts.front();
    host.say(Refused{host.heard_of<Create>().at(0).instance, {}, "not now"});
    settle(bench.loop);
    bench.supervisor.run(bench.begin + 11s);
    CHECK(host.heard_of<Create>().size() == 1);
}

TEST_CASE("A notifier that cannot work is shown to fail, and the log has each reason once") {
    Bench bench({"lb1", {}, {notifier("log")}});
    auto& host = *bench.hosts.front();
    const auto refuse = [&](const std::string& why) {
        host.say(Refused{host.heard_of<Create>().at(0).instance, {}, why});
        settle(bench.loop);
    };
    const auto shown = [&] { return std::get<NotifierStatus>(bench.supervisor.status().at(0)); };
    refuse("there is no user \"ops\"");
    CHECK(shown().failing);
    CHECK(shown().last_failure == "there is no user \"ops\"");
    bench.supervisor.run(bench.begin + 11s);
    refuse("there is no user \"ops\"");
    CHECK(bench.log.size() == 1);
    bench.supervisor.run(bench.begin + 30s);
    refuse("no such program");
    CHECK(bench.log.size() == 2);
    bench.supervisor.run(bench.begin + 60s);
    bench.make_all(host);
    CHECK_FALSE(shown().failing);
}

TEST_CASE("Events are delivered one by one, the oldest are dropped, and all of it is told") {
    Bench bench({"lb1", {}, {notifier("log")}});
    auto& host = *bench.hosts.front();
    for (std::uint64_t number = 1; number <= 10; ++number)
        bench.supervisor.notify(event(number), bench.begin);
    CHECK_FALSE(bench.supervisor.delivered());
    bench.make_all(host);
    std::vector<std::uint64_t> delivered;
    while (true) {
        const auto told = host.heard_of<Notify>();
        if (told.empty()) break;
        REQUIRE(told.size() == 1);
        delivered.push_back(told[0].sequence);
        CHECK(told[0].new_state == "master");
        CHECK(told[0].node == "lb1");
        host.say(Ack{told[0].instance, told[0].event, delivered.size() != 2, "exit status 1"});
        settle(bench.loop);
    }
    CHECK(delivered == std::vector<std::uint64_t>{7, 8, 9, 10});
    CHECK(bench.supervisor.delivered());
    REQUIRE_FALSE(bench.log.empty());
    CHECK_THAT(bench.log[0], Catch::Matchers::Contains("dropped"));
}

TEST_CASE("A reason of any length is cut, and does not cost the host") {
    Bench bench({"lb1", {}, {notifier("log")}});
    auto& host = *bench.hosts.front();
    bench.make_all(host);
    auto long_winded = event(1);
    long_winded.reason = std::string(100'000, 'x');
    bench.supervisor.notify(long_winded, bench.begin);
    const auto told = host.heard_of<Notify>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].reason.size() <= 4096);
}

TEST_CASE("An event whose host dies has failed, and the next is delivered by the next host") {
    Bench bench({"lb1", {}, {notifier("log")}});
    bench.make_all(*bench.hosts.front());
    bench.supervisor.notify(event(1), bench.begin);
    bench.supervisor.notify(event(2), bench.begin);
    CHECK(bench.hosts.front()->heard_of<Notify>().size() == 1);
    bench.hosts.front()->die();
    settle(bench.loop);
    bench.supervisor.run(bench.begin + 1s);
    REQUIRE(bench.hosts.size() == 2);
    bench.hosts.back()->say(HostHello{protocol_version, "id", "1"});
    settle(bench.loop);
    bench.make_all(*bench.hosts.back());
    const auto told = bench.hosts.back()->heard_of<Notify>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].sequence == 2);
}

TEST_CASE("A notifier that a reload changes is still told what it has not heard") {
    Bench bench({"lb1", {}, {notifier("log")}});
    auto& host = *bench.hosts.front();
    bench.make_all(host);
    for (std::uint64_t number = 1; number <= 3; ++number)
        bench.supervisor.notify(event(number), bench.begin);
    CHECK(host.heard_of<Notify>().size() == 1);
    bench.plan.notifiers[0].timeout = 9s;
    bench.supervisor.apply(bench.plan, bench.begin);
    settle(bench.loop);
    bench.make_all(host);
    const auto told = host.heard_of<Notify>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].sequence == 2);
}

TEST_CASE("An event names the node as the last plan does") {
    Bench bench({"lb1", {}, {notifier("log")}});
    auto& host = *bench.hosts.front();
    bench.make_all(host);
    bench.plan.node = "lb2";
    bench.supervisor.apply(bench.plan, bench.begin);
    bench.supervisor.notify(event(1), bench.begin);
    CHECK(host.heard_of<Notify>().at(0).node == "lb2");
}

TEST_CASE("A delivery that nobody ends is given up") {
    Bench bench({"lb1", {}, {notifier("log")}});
    auto& host = *bench.hosts.front();
    bench.make_all(host);
    bench.supervisor.notify(event(1), bench.begin);
    bench.supervisor.notify(event(2), bench.begin);
    CHECK(host.heard_of<Notify>().size() == 1);
    bench.supervisor.run(bench.begin + 10s + 250ms);
    CHECK(host.heard_of<Notify>().at(0).sequence == 2);
}
