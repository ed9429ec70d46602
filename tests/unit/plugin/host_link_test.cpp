// SPDX-License-Identifier: Apache-2.0
// A host is kept running, listened to with suspicion, and costs its checks nothing but freshness.
#include "agent/plugin/host_link.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regent/abi/result.h>

#include "agent/platform/clock.hpp"
#include "agent/platform/wakeup.hpp"

#include "fake_hosts.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace regent;
using namespace regent::plugin;
using namespace regent::plugin::test;
using namespace std::chrono_literals;

namespace {

struct Client : HostClient {
    Create creation() const override { return {0, config::PluginKind::check, "tcp", "check web", {}}; }
    void on_created(Instant) override { ++created; }
    void on_refused(const Refused& refused, Instant) override { refusals.push_back(refused.text); }
    void on_lost(const std::string& why, Instant) override { losses.push_back(why); }
    void on_report(const Report& report, Instant) override { reports.push_back(report); }

    int created = 0;
    std::vector<std::string> refusals;
    std::vector<std::string> losses;
    std::vector<Report> reports;
};

/// A link whose time is that of the test, on a loop that runs one round when told to.
struct Bench {
    Bench() : loop(open_loop()), launcher(hosts), link({"/plugins/regent-tcp.so"}, wiring()) {}

    HostLink::Wiring wiring() {
        return {launcher,
                loop,
                agenda,
                [this](core::LogLevel, const std::string& text) { log.push_back(text); },
                [this](const Crashed& crashed) { crashes.push_back(crashed); },
                "lb1"};
    }
    void settle() { plugin::test::settle(loop); }
    /// Until `time`, as the agenda wants it.
    void run_to(Instant time) {
        while (agenda.next() && *agenda.next() <= time) {
            step();
            settle();
        }
        settle();
    }
    void step() { agenda.run(std::max(*agenda.next(), begin)); }
    FakeHost& host() {
        REQUIRE_FALSE(hosts.empty());
        return *hosts.back();
    }
    /// Up to the creation of the instance.
    void bring_up() {
        run_to(platform::now());
        host().say(HostHello{protocol_version, "org.regent.tcp", "1.0"});
        settle();
    }

    const Instant begin = platform::now();
    std::vector<std::unique_ptr<FakeHost>> hosts;
    std::vector<std::string> log;
    std::vector<Crashed> crashes;
    platform::EventLoop loop;
    Agenda agenda;
    FakeLauncher launcher;
    HostLink link;
};

}  // namespace

TEST_CASE("A host is started for its first instance, greeted, and told what to make") {
    Bench bench;
    bench.run_to(platform::now() + 10s);
    CHECK(bench.hosts.empty());
    Client client;
    bench.link.add(7, client);
    bench.bring_up();
    CHECK(bench.host().file.plugin == "/plugins/regent-tcp.so");
    const auto heard = bench.host().heard();
    REQUIRE(heard.size() == 2);
    CHECK(std::get<AgentHello>(heard[0]).node == "lb1");
    CHECK(std::get<Create>(heard[1]).instance == 7);
    CHECK(std::get<Create>(heard[1]).name == "check web");
    bench.host().say(Created{7});
    bench.settle();
    CHECK(client.created == 1);

    Report report;
    report.instance = 7;
    report.probe = 3;
    report.state = REGENT_STATE_UP;
    report.reason = REGENT_REASON_OK;
    bench.host().say(report);
    report.instance = 8;  // gone, or never there
    bench.host().say(report);
    bench.settle();
    REQUIRE(client.reports.size() == 1);
    CHECK(client.reports[0].probe == 3);
    bench.link.remove(7);
    CHECK(bench.host().heard_of<Destroy>().size() == 1);
}

TEST_CASE("A host that dies is started again, later each time, and its instances are made anew") {
    Bench bench;
    Client client;
    bench.link.add(7, client);
    Instant now = platform::now();
    for (const Duration delay : {100ms, 200ms, 400ms}) {
        bench.bring_up();
        const auto starts = bench.hosts.size();
        bench.host().die();
        const Instant before = platform::now();
        bench.settle();
        const Instant after = platform::now();
        REQUIRE(bench.agenda.next());
        // From when its end was seen on, which was between the two.
        CHECK(*bench.agenda.next() - after <= delay);
        CHECK(*bench.agenda.next() - before > delay / 2);
        now = *bench.agenda.next();
        bench.agenda.run(now);
        CHECK(bench.hosts.size() == starts + 1);
    }
    CHECK(client.losses.size() == 3);
    CHECK(client.losses[0] == "its plugin host has ended");
    CHECK(bench.log.size() == 3);
}

TEST_CASE("A host that did not read for a while is sent the rest, and the loop comes to rest") {
    const Probe probe{7, 1, 1'000'000'000, 1'000'000'000};
    std::size_t room = 0;
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    const platform::Descriptor one(ends[0]), other(ends[1]);
    const Bytes frame = encode(ToHost(probe));
    while (::send(one.get(), frame.data(), frame.size(), MSG_DONTWAIT) > 0)
        ++room;
    for (const std::size_t more : {1U, 2U, 5U}) {
        Bench bench;
        Client client;
        bench.link.add(7, client);
        bench.bring_up();
        CHECK(bench.host().heard().size() == 2);
        for (std::size_t sent = 0; sent < room + more; ++sent)
            REQUIRE(bench.link.send(probe, platform::now()));
        CHECK(bench.host().heard().size() == room);
        bench.settle();
        CHECK(bench.host().heard().size() == more);
    }
}

TEST_CASE("Nonsense ends a host") {
    Bench bench;
    Client client;
    bench.link.add(7, client);
    const auto why = [&] {
        REQUIRE(client.losses.size() == 1);
        return client.losses[0];
    };
    SECTION("bytes that are no message") {
        bench.bring_up();
        bench.host().say_bytes(Bytes{0xff, 0x00});
        bench.settle();
        CHECK_THAT(why(), Catch::Matchers::Contains("nonsense"));
    }
    SECTION("anything before the hello") {
        bench.run_to(platform::now());
        bench.host().say(Created{7});
        bench.settle();
        CHECK_THAT(why(), Catch::Matchers::Contains("hello"));
    }
    SECTION("another version of the protocol") {
        bench.run_to(platform::now());
        bench.host().say(HostHello{protocol_version + 1, "x", "1"});
        bench.settle();
        CHECK_THAT(why(), Catch::Matchers::Contains("version"));
    }
    SECTION("a closed connection") {
        bench.bring_up();
        bench.host().close();
        bench.settle();
        CHECK_THAT(why(), Catch::Matchers::Contains("closed"));
    }
    SECTION("silence instead of a hello") {
        bench.run_to(platform::now());
        bench.run_to(platform::now() + 6s);
        CHECK_THAT(why(), Catch::Matchers::Contains("hello"));
    }
    // Its clients know, but it is not started again before it has really ended.
    CHECK(bench.hosts.size() == 1);
    bench.host().die();
    bench.settle();
    CHECK(client.losses.size() == 1);
    bench.run_to(platform::now() + 1s);
    CHECK(bench.hosts.size() == 2);
}

TEST_CASE("Three heartbeats without an answer end a host, and an answer keeps it") {
    Bench bench;
    Client client;
    bench.link.add(7, client);
    bench.bring_up();
    for (int number = 0; number < 10; ++number) {
        bench.step();
        const auto pings = bench.host().heard_of<Ping>();
        REQUIRE(pings.size() == 1);
        bench.host().say(Pong{pings[0].number, 0, 0, 0, 0});
        bench.settle();
    }
    CHECK(client.losses.empty());
    for (int number = 0; number < 4; ++number) {
        REQUIRE(client.losses.empty());
        bench.step();
        bench.settle();
    }
    REQUIRE(client.losses.size() == 1);
    CHECK_THAT(client.losses[0], Catch::Matchers::Contains("does not answer"));
}

TEST_CASE("A host that hangs is started again, later each time: that it was waited for is no life") {
    Bench bench;
    Client client;
    bench.link.add(7, client);
    const bool greets = GENERATE(true, false);
    std::vector<Duration> delays;
    for (int round = 0; round < 5; ++round) {
        const auto starts = bench.hosts.size();
        bench.step();
        bench.settle();
        REQUIRE(bench.hosts.size() == starts + 1);
        if (greets) bench.host().say(HostHello{protocol_version, "org.regent.tcp", "1.0"});
        bench.settle();
        const auto losses = client.losses.size();
        while (client.losses.size() == losses)
            bench.step();
        bench.host().die();
        bench.settle();
        delays.push_back(*bench.agenda.next() - platform::now());
    }
    CHECK(delays.back() > 1s);
}

TEST_CASE("A host that crashes is told by its signal, not by the connection that goes with it") {
    const regent::test::TemporaryDirectory directory;
    const auto program = directory.path() / "host";
    std::ofstream(program) << "#!/bin/sh\nkill -SEGV $$\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    std::vector<std::string> log;
    std::vector<Crashed> crashes;
    platform::EventLoop loop = open_loop();
    Agenda agenda;
    ChildLauncher launcher(program);
    HostLink link(
        {"/plugins/regent-tcp.so"},
        {launcher, loop, agenda, [&](core::LogLevel, const std::string& text) { log.push_back(text); },
         [&](const Crashed& crashed) { crashes.push_back(crashed); }, "lb1"});
    Client client;
    link.add(7, client);
    for (const Instant end = platform::now() + 10s; crashes.empty() && platform::now() < end;) {
        agenda.run(platform::now());
        REQUIRE(loop.run_once(10ms));
    }
    REQUIRE(crashes.size() == 1);
    CHECK(crashes[0].status == -SIGSEGV);
    CHECK(crashes[0].reason == "was killed by signal 11");
    CHECK(log == std::vector<std::string>{
                     "plugin host of regent-tcp.so was killed by signal 11; it is started again in 100 ms"});
    CHECK(client.losses.size() == 1);
}

TEST_CASE("A host that hangs up and lives on is killed for it") {
    Bench bench;
    Client client;
    bench.link.add(7, client);
    bench.bring_up();
    bench.host().close();
    bench.settle();
    REQUIRE(bench.agenda.next());
    CHECK(*bench.agenda.next() <= platform::now() + 1s);
    bench.step();
    CHECK_FALSE(bench.agenda.next());
    bench.host().die();
    bench.settle();
    CHECK(client.losses == std::vector<std::string>{"its plugin host has closed its connection"});
    CHECK(bench.log.back().starts_with("plugin host of regent-tcp.so has closed its connection; "));
}

TEST_CASE("A host that nobody needs any more is let go, and killed only when it does not go") {
    Bench bench;
    Client client;
    bench.link.add(7, client);
    bench.bring_up();
    bench.link.remove(7);
    bench.step();
    REQUIRE(bench.agenda.next());
    bench.host().die();
    bench.settle();
    CHECK_FALSE(bench.agenda.next());
    CHECK(bench.log.empty());
    bench.link.add(8, client);
    bench.bring_up();
    CHECK(bench.hosts.size() == 2);
    CHECK(bench.host().heard_of<Create>().at(0).instance == 8);
}

TEST_CASE("A host that talks without end is heard so much a second, and so is its end") {
    Bench bench;
    Client client;
    bench.link.add(7, client);
    bench.bring_up();
    Report report;
    report.instance = 7;
    report.state = REGENT_STATE_UP;
    report.reason = REGENT_REASON_OK;
    const auto talk = [&] {
        for (int said = 0; said < 20'000 && bench.host().say_if_room(report); ++said) {
            if (said % 50 == 0) bench.settle();
        }
        bench.settle();
        return client.reports.size();
    };
    const auto first = talk();
    CHECK(first < 2'000);
    CHECK(talk() == first);
    const auto said = [&](const std::string& text) { return text.find("waits") != std::string::npos; };
    CHECK(std::count_if(bench.log.begin(), bench.log.end(), said) == 1);
    for (int second = 0; second < 10; ++second) {
        bench.step();
        bench.settle();
        bench.host().say(Pong{static_cast<std::uint64_t>(second) + 1, 0, 0, 0, 0});
        bench.settle();
        const auto before = client.reports.size();
        CHECK(talk() > before);
        CHECK(talk() < first * static_cast<std::size_t>(second + 3));
    }
    CHECK(client.losses.empty());
    CHECK(std::count_if(bench.log.begin(), bench.log.end(), said) == 1);
    bench.host().close();
    bench.settle();
    CHECK(client.losses.size() == 1);
}

TEST_CASE("A plugin that logs without end is heard twenty lines a second") {
    Bench bench;
    Client client;
    bench.link.add(7, client);
    bench.bring_up();
    for (int number = 0; number < 60; ++number)
        bench.host().say(plugin::LogLine{7, 2, "again"});
    bench.settle();
    CHECK(bench.log.size() == 20);
    CHECK(bench.log[0] == "check web: again");
    CHECK(bench.link.counters().dropped_lines == 40);
}

TEST_CASE("What a host counts, and what was not heard of it, is in its status") {
    Bench bench;
    Client client;
    bench.link.add(7, client);
    bench.bring_up();
    for (int number = 0; number < 25; ++number)
        bench.host().say(plugin::LogLine{7, 2, "again"});
    bench.host().say(Pong{0, 1, 2, 3, 4, 5});
    bench.settle();
    CHECK(bench.link.status().counters ==
          std::map<std::string, std::uint64_t>{
              {"dropped_logs", 7}, {"dropped_reports", 5}, {"late_calls", 1}, {"slow_calls", 3}});
}
