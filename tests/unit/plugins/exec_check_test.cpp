// SPDX-License-Identifier: Apache-2.0
// The verdicts of the exec check. How runs begin and end: exec_run_test.cpp.
#include "plugins/exec/exec_check.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>

#include "exec_support.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace regent;
using namespace regent::sdk;
using namespace regent::plugins::exec::test;
using plugins::exec::ExecCheck;
using sdk::testing::FakeHost;
using sdk::testing::Given;
using sdk::testing::Refused;
using sdk::testing::Settings;

namespace {

sdk::testing::Report verdict(const Given& command, Settings settings = {}) {
    FakeHost host;
    settings.push_back({"command", command});
    auto check = host.create(sdk::check<ExecCheck>, settings);
    check.start();
    const auto probe = check.probe();
    REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
    const auto report = *check.answer(probe);
    // One that had to be killed may take its time.
    CHECK(host.run_until([&] { return check.watched() == 0; }));
    check.destroy();
    CHECK(host.violations() == std::vector<std::string>{});
    return report;
}

std::string refusal(const Settings& settings) {
    FakeHost host;
    try {
        auto check = host.create(sdk::check<ExecCheck>, settings);
        check.start();
    } catch (const Refused& refused) {
        return refused.param + ": " + refused.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("exec: exit statuses are verdicts, the first line is the message") {
    const std::vector<State> states{State::up, State::degraded, State::down, State::unknown};
    for (std::size_t status = 0; status < states.size(); ++status) {
        const auto report =
            verdict(shell("echo 'fine so far | time=2ms;;; size=1KB'; exit " + std::to_string(status)));
        CHECK(report.state == states[status]);
        CHECK(report.message == "fine so far");
        CHECK(report.detail_code == static_cast<int>(status));
        REQUIRE(report.metrics.size() == 2);
        CHECK(report.metrics[1].value == 1024);
    }
}

TEST_CASE("exec: any other end is UNKNOWN, and says how it ended") {
    const auto other = verdict(shell("echo broken; exit 42"));
    CHECK(other.state == State::unknown);
    CHECK(other.detail_code == 42);
    CHECK(other.message == "exit status 42: broken");
    const auto killed = verdict(shell("kill -SEGV $$"));
    CHECK(killed.state == State::unknown);
    CHECK(killed.reason == Reason::exited);
    CHECK_THAT(killed.message, Catch::StartsWith("killed by signal 11 (Segmentation fault)"));
}

TEST_CASE("exec: as keepalived judges, every end but exit status 0 is DOWN") {
    const Settings keepalived{{"keepalived", true}};
    CHECK(verdict(shell("echo fine; exit 0"), keepalived).state == State::up);
    for (const int status : {1, 2, 3, 42, 126, 127}) {
        const auto report = verdict(shell("exit " + std::to_string(status)), keepalived);
        CHECK(report.state == State::down);
        CHECK(report.detail_code == status);
    }
    const auto killed = verdict(shell("kill -SEGV $$"), keepalived);
    CHECK(killed.state == State::down);
    CHECK(killed.reason == Reason::exited);
    CHECK_THAT(killed.message, Catch::StartsWith("killed by signal 11"));
}

TEST_CASE("exec: as keepalived judges, a program that could not run is no verdict") {
    CHECK(verdict(Given(std::vector<std::string>{"/nonexistent/program"}), {{"keepalived", true}}).state ==
          State::unknown);
}

TEST_CASE("exec: without output, standard error or the status is the message") {
    CHECK(verdict(shell("echo 'no licence' >&2; exit 2")).message == "no licence");
    CHECK(verdict(shell("exit 1")).message == "exit status 1");
    CHECK(verdict(shell("exit 9")).message == "exit status 9");
}

TEST_CASE("exec: what cannot run is UNKNOWN, with the reason of the kernel") {
    const test::TemporaryDirectory directory;
    // Where nobody may look, too.
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
    const auto file = [&](const std::string& name, const std::string& text, int mode) {
        const auto path = directory.path() / name;
        std::ofstream(path) << text;
        std::filesystem::permissions(path, std::filesystem::perms(mode));
        return Given{path.string()};
    };
    struct Case {
        Given command;
        Reason reason;
        int error;
        std::string words;
    };
    const std::vector<Case> cases{
        {Given{"/no/such/program"}, Reason::not_found, ENOENT, "/no/such/program: No such file"},
        {file("orphan", "#!/no/such/interpreter\n", 0755), Reason::not_found, ENOENT, "the interpreter"},
        {file("text", "exit 0\n", 0644), Reason::permission, EACCES, "not marked as executable"},
        {file("bare", "exit 0\n", 0755), Reason::config, ENOEXEC, "without a line \"#!"},
        {Given{"/"}, Reason::permission, EACCES, "is a directory"}};
    for (const Case& one : cases) {
        const auto report = verdict(one.command);
        INFO(report.message);
        CHECK(report.state == State::unknown);
        CHECK(report.reason == one.reason);
        CHECK(report.detail_code == one.error);
        CHECK_THAT(report.message, Catch::StartsWith("cannot run ") && Catch::Contains(one.words));
    }
}

TEST_CASE("exec: hostile output") {
    const auto binary = verdict(shell("head -c 100000 /dev/urandom; exit 0"));
    CHECK(binary.state == State::up);
    CHECK(verdict(shell("printf 'a\\000b|x=1\\n'")).message == "a.b");
    CHECK(verdict(shell("exec >&- 2>&-; exit 2")).state == State::down);
    const auto endless = verdict(shell("exec yes"));
    CHECK(endless.state == State::unknown);
    CHECK(endless.reason == Reason::resource);
    CHECK(verdict(shell("yes >&2")).reason == Reason::resource);
    CHECK(verdict(shell("head -c 500000 /dev/zero; exit 1")).state == State::degraded);
}

TEST_CASE("exec: parameters that make no sense are refused by name") {
    CHECK_THAT(refusal({}), Catch::StartsWith("command: "));
    CHECK_THAT(refusal({{"command", Given::List{}}}), Catch::StartsWith("command: "));
    CHECK_THAT(refusal({{"command", {"true"}}}),
               Catch::StartsWith("command: must begin with the absolute path"));
    CHECK_THAT(refusal({{"command", {"/bin/true", std::string("a\0b", 3)}}}),
               Catch::StartsWith("command: holds a zero byte"));
    for (const char* const variable : {"novalue", "=x", "1A=x", "A B=x"}) {
        CHECK_THAT(refusal({{"command", {"/bin/true"}}, {"environment", {variable}}}),
                   Catch::StartsWith("environment: "));
    }
    CHECK_THAT(refusal({{"command", {"/bin/true"}}, {"user", "no-such-user"}}),
               Catch::Contains("there is no user \"no-such-user\""));
    CHECK(refusal({{"command", {"/bin/true"}}}) == "accepted");
}
