// SPDX-License-Identifier: Apache-2.0
#include "plugins/exec/exec_notifier.hpp"

#include <catch2/catch.hpp>

#include "exec_support.hpp"

using namespace std::chrono_literals;
using namespace regent;
using namespace regent::sdk;
using namespace regent::plugins::exec::test;
using plugins::exec::ExecNotifier;
using sdk::testing::FakeHost;
using sdk::testing::Given;
using sdk::testing::Settings;

namespace {

Event event() {
    Event made;
    made.kind = EventKind::instance;
    made.sequence = 7;
    made.wall_ns = 1'700'000'000'000'123'456;
    made.priority = 100;
    made.node = "lb1";
    made.name = "VI_1";
    made.group = "G1";
    made.old_state = "backup";
    made.new_state = "master";
    made.reason = "the master is silent";
    made.json = "{\"name\":\"VI_1\"}";
    return made;
}

struct Bench {
    FakeHost host;
    sdk::testing::Instance notifier;

    explicit Bench(const Given& command, Settings settings = {})
        : notifier(host.create(sdk::notifier<ExecNotifier>, with(std::move(settings), command))) {
        notifier.start();
    }
    ~Bench() {
        notifier.destroy();
        CHECK(host.violations() == std::vector<std::string>{});
    }
    static Settings with(Settings settings, const Given& command) {
        settings.push_back({"command", command});
        return settings;
    }
    sdk::testing::Ack tell(const Event& what) {
        const auto id = notifier.notify(what);
        const auto done = [&] { return !notifier.acks().empty() && notifier.acks().back().event_id == id; };
        REQUIRE(host.run_until(done));
        return notifier.acks().back();
    }
};

}  // namespace

TEST_CASE("exec notifier: the exit status says whether it was delivered") {
    const auto fine = Bench(shell("echo ignored; exit 0")).tell(event());
    CHECK(fine.delivered);
    CHECK(fine.text.empty());
    const auto failed = Bench(shell("echo output; echo 'no mail server' >&2; exit 3")).tell(event());
    CHECK_FALSE(failed.delivered);
    CHECK(failed.text == "exit status 3: no mail server");
    CHECK(Bench(shell("echo output; exit 1")).tell(event()).text == "exit status 1: output");
    CHECK(Bench(shell("kill -KILL $$")).tell(event()).text == "killed by signal 9 (Killed)");
    const auto missing = Bench(Given{"/no/such/program"}).tell(event());
    CHECK_FALSE(missing.delivered);
    CHECK(missing.text == "cannot run /no/such/program: No such file or directory");
}

TEST_CASE("exec notifier: the event is in the environment") {
    const std::string expected =
        "REGENT_EVENT=1 REGENT_GROUP=G1 REGENT_KIND=instance REGENT_NAME=VI_1 REGENT_NODE=lb1 "
        "REGENT_OLD_STATE=backup REGENT_PRIORITY=100 REGENT_REASON=the master is silent REGENT_SEQUENCE=7 "
        "REGENT_STATE=master REGENT_TIME=1700000000.000123";
    Bench bench(shell("env | grep ^REGENT | sort | tr '\\n' ' '; exit 1"),
                {{"environment", {"REGENT_NODE=forged"}}});
    auto said = bench.tell(event()).text;
    // The number is the host's choice.
    const auto number = said.find("REGENT_EVENT=");
    REQUIRE(number != std::string::npos);
    said.replace(number, said.find(' ', number) - number, "REGENT_EVENT=1");
    CHECK(said.substr(0, 256) == ("exit status 1: " + expected).substr(0, 256));
}

TEST_CASE("exec notifier: the event is on standard input, and nobody has to read it") {
    Bench bench(shell("cat; exit 1"));
    CHECK(bench.tell(event()).text == "exit status 1: {\"name\":\"VI_1\"}");
    Event large = event();
    large.json = "{" + std::string(65'000, ' ') + "}";
    CHECK(Bench(shell("[ $(wc -c) = 65002 ]")).tell(large).delivered);
    CHECK(Bench(shell("exit 0")).tell(large).delivered);
    CHECK(Bench(shell("exec <&-; exit 0")).tell(large).delivered);
    Event too_large = event();
    too_large.json = std::string(100'000, ' ');
    CHECK_FALSE(Bench(shell("exit 0")).tell(too_large).delivered);
}

TEST_CASE("exec notifier: the arguments follow the configured ones, only if wanted") {
    const Given command{"/bin/sh", "-c", "echo \"$@\"; exit 1", "name", "first"};
    CHECK(Bench(command, {{"keepalived", true}}).tell(event()).text ==
          "exit status 1: first INSTANCE VI_1 MASTER 100");
    CHECK(Bench(command).tell(event()).text == "exit status 1: first");
}

TEST_CASE("exec notifier: a script that hangs is killed, and the next event finds another") {
    Bench bench(shell("[ $REGENT_STATE = backup ] || exec tail -f /dev/null"));
    const auto hung = bench.notifier.notify(event(), 5s);
    bench.host.advance(5s);
    REQUIRE(bench.notifier.acks().size() == 1);
    CHECK(bench.notifier.acks().front().event_id == hung);
    CHECK(bench.notifier.acks().front().by_host);
    Event next = event();
    next.new_state = "backup";
    CHECK(bench.tell(next).delivered);
    REQUIRE(bench.host.run_until([&] { return bench.notifier.watched() == 0; }));
    CHECK_FALSE(has_children());
}

TEST_CASE("exec notifier: what a script starts in the background lives on") {
    Bench bench(shell("tail -f /dev/null >/dev/null 2>&1 & echo $!; exit 1"));
    const std::string text = bench.tell(event()).text;
    const pid_t pid = std::stoi(text.substr(text.rfind(' ') + 1));
    CHECK(alive(pid));
    // It runs as nobody here: only root, or its owner, may.
    CHECK(::kill(pid, SIGKILL) == 0);
}
