// SPDX-License-Identifier: Apache-2.0
// Plugins that break the contract, and an agent that breaks the protocol.
#include <catch2/catch.hpp>
#include <csignal>
#include <poll.h>
#include <sys/wait.h>

#include "regent/abi/result.h"
#include "tests/unit/plugin/host_process.hpp"

using namespace regent;
using namespace regent::plugin;
using namespace std::chrono_literals;
using test::HostProcess;

using Catch::Matchers::Contains;

namespace {

// In the order of the choices in tests/plugins/misbehaving.c.
enum Sin : std::int64_t { crash, block, spam, late, impossible, garbage, slow, stuck_stop, none };

struct Bad {
    explicit Bad(Sin sin) {
        host.greet();
        instance = host.make("bad", {{true, sin, 0, {}, {}}});
    }
    Pong ping() {
        host.send(Ping{1});
        return host.await<Pong>();
    }
    HostProcess host{"misbehaving"};
    InstanceId instance = 0;
};

template <class Message>
std::size_t count_of(const std::vector<ToAgent>& messages) {
    return static_cast<std::size_t>(
        std::count_if(messages.begin(), messages.end(),
                      [](const ToAgent& message) { return std::holds_alternative<Message>(message); }));
}

/// What a host says when it is sent `frame` after the hellos.
std::string last_words(const Bytes& frame) {
    HostProcess host("good");
    host.greet();
    host.send_bytes(frame);
    const int status = host.wait_status();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 1);
    return host.words();
}

}  // namespace

TEST_CASE("A plugin that crashes ends its host, and the agent sees that") {
    Bad bad(crash);
    bad.host.send(Probe{bad.instance, 1, test::in(test::patience)});
    CHECK_FALSE(bad.host.receive());
    CHECK(WTERMSIG(bad.host.wait_status()) == SIGKILL);
}

TEST_CASE("A plugin that blocks answers no ping") {
    Bad bad(block);
    bad.ping();
    // A question that came too late would not reach the plugin.
    bad.host.send(Probe{bad.instance, 1, test::in(test::patience)});
    bad.host.send(Ping{2});
    CHECK_FALSE(bad.host.says_anything_within(300ms));
}

TEST_CASE("A plugin that talks without end is cut short, and its last word and its answer are heard") {
    Bad bad(spam);
    const auto begin = test::in(0ms);
    const auto answer = [&] {
        for (;;) {
            const auto report = bad.host.probe(bad.instance, 1);
            if (report.probe == 1) return report;
            bad.host.others.push_back(report);
            for (;;) {
                auto next = bad.host.await<Report>();
                if (next.probe == 1) return next;
                bad.host.others.push_back(next);
            }
        }
    }();
    CHECK(answer.message == "answer");
    const auto reports = count_of<Report>(bad.host.others);
    const auto lines = count_of<LogLine>(bad.host.others);
    CHECK(reports == 64);
    CHECK(lines >= 1);
    // Twenty a second; on a busy machine it talks for longer than one.
    const auto whole_seconds = static_cast<std::size_t>((test::in(0ms) - begin) / 1'000'000'000);
    CHECK(lines <= 20 * (1 + whole_seconds) + 1);
    const auto last =
        std::find_if(bad.host.others.rbegin(), bad.host.others.rend(),
                     [](const ToAgent& message) { return std::holds_alternative<Report>(message); });
    CHECK(std::get<Report>(*last).message == "the last");
    const auto pong = bad.ping();
    CHECK(pong.dropped_reports == 10001 - 64);
    CHECK(pong.dropped_logs + lines >= 10000);
    CHECK(pong.late_calls == 1);
}

TEST_CASE("A report from the grave is counted, not told") {
    Bad bad(late);
    bad.host.send(Destroy{bad.instance});
    CHECK(bad.ping().late_calls == 1);
    CHECK(count_of<Report>(bad.host.others) == 0);
}

TEST_CASE("A state that does not exist is our fault, not that of what is checked") {
    Bad bad(impossible);
    const auto report = bad.host.probe(bad.instance, 1);
    CHECK(report.state == REGENT_STATE_UNKNOWN);
    CHECK(report.reason == REGENT_REASON_INTERNAL);
    CHECK(report.message == "the plugin reported an impossible state");
}

TEST_CASE("A message that is garbage becomes a short readable one, and bad metrics are left out") {
    Bad bad(garbage);
    const auto report = bad.host.probe(bad.instance, 1);
    CHECK(report.state == REGENT_STATE_UP);
    CHECK(report.message.size() <= 256);
    CHECK_THAT(report.message, Contains("\xef\xbf\xbd"));
    CHECK(report.metrics.size() == 62);
}

TEST_CASE("An operation that takes long is counted and logged") {
    Bad bad(slow);
    CHECK(bad.host.probe(bad.instance, 1).message == "slow");
    const auto pong = bad.ping();
    CHECK(pong.slow_calls >= 1);
    CHECK(pong.slowest >= 20'000'000);
    const auto told = [](const ToAgent& message) {
        return std::get<LogLine>(message).text.rfind("probe kept every other instance waiting for", 0) == 0;
    };
    CHECK(std::any_of(bad.host.slow.begin(), bad.host.slow.end(), told));
}

TEST_CASE("An instance that does not stop does not keep the host alive") {
    Bad bad(stuck_stop);
    bad.host.hang_up();
    const auto begin = test::in(0ms);
    CHECK(WTERMSIG(bad.host.wait_status()) == SIGALRM);
    CHECK(test::in(0ms) - begin < std::chrono::nanoseconds(5s).count());
}

TEST_CASE("A host whose plugin cannot be loaded says why and never says hello") {
    const auto [plugin, words] = GENERATE(table<std::string, std::string>(
        {{"no-symbol", "is no plugin: it has no regent_plugin_v1"},
         {"wrong-major", "it is made for version 2 of the plugin contract, this host knows 1"},
         {"not-there", "No such file"}}));
    HostProcess host(plugin);
    CHECK_FALSE(host.receive());
    CHECK(WEXITSTATUS(host.wait_status()) == 1);
    CHECK_THAT(host.words(), Contains(words));
}

TEST_CASE("A plugin that blocks while it is loaded says no hello") {
    HostProcess host("blocks-at-load");
    CHECK_FALSE(host.says_anything_within(500ms));
    CHECK_FALSE(test::process_status(host.pid(), "State").empty());
}

TEST_CASE("A frame that breaks a rule ends the host") {
    CHECK_THAT(last_words({0xff}), Contains("a frame that is no message"));
    CHECK_THAT(last_words(Bytes(maximum_frame, 0x81)), Contains("nested too deeply"));
    CHECK_THAT(last_words(Bytes(maximum_frame, 0x7f)), Contains("not definite"));
    CHECK_THAT(last_words(Bytes(maximum_frame + 1, 0)), Contains("too long"));
    CHECK_THAT(last_words(encode(ToAgent(Created{1}))), Contains("unknown kind"));
    CHECK_THAT(last_words(encode(ToHost(AgentHello{2, "lb1"}))), Contains("speaks version 2"));
}

TEST_CASE("A host serves nobody who does not say hello") {
    HostProcess host("good");
    host.await<HostHello>();
    host.send(Ping{1});
    CHECK(WEXITSTATUS(host.wait_status()) == 1);
    CHECK_THAT(host.words(), Contains("without a hello"));
}

TEST_CASE("An agent that does not read does not fill the memory") {
    HostProcess host("good");
    host.greet();
    for (std::uint64_t number = 1; number <= 100'000 && host.send_if_there(Ping{number}); ++number) {
    }
    CHECK(WEXITSTATUS(host.wait_status()) == 1);
    CHECK_THAT(host.words(), Contains("the agent does not read"));
}
