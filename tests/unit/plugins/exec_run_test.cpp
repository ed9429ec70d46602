// SPDX-License-Identifier: Apache-2.0
// What a program gets from the exec plugin, and that no trace of it stays.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "exec_support.hpp"
#include "plugins/exec/exec_check.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace std::chrono_literals;
using namespace regent;
using namespace regent::sdk;
using namespace regent::plugins::exec::test;
using plugins::Descriptor;
using plugins::exec::ExecCheck;
using sdk::testing::FakeHost;
using sdk::testing::Settings;

namespace {

struct Bench {
    FakeHost host;
    sdk::testing::Instance check;

    explicit Bench(const std::string& script, Settings settings = {})
        : check(host.create(sdk::check<ExecCheck>, with(std::move(settings), script))) {
        check.start();
    }
    ~Bench() {
        check.destroy();
        CHECK(host.violations() == std::vector<std::string>{});
    }
    static Settings with(Settings settings, const std::string& script) {
        settings.push_back({"command", shell(script)});
        return settings;
    }
    sdk::testing::Report answer(ProbeId probe) {
        REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
        return *check.answer(probe);
    }
    std::string message() { return answer(check.probe()).message; }
    /// Lets the deadline pass, and the killed run end.
    void time_out(ProbeId probe) {
        host.advance(1s);
        CHECK(answer(probe).by_host);
        REQUIRE(host.run_until([&] { return check.watched() == 0; }));
    }
};

/// The pid that a program writes into a pipe that outlives it.
class Announcement {
    test::TemporaryDirectory directory_;

  public:
    Descriptor ours;
    std::string path;

    Announcement() : path(directory_.path() / "fifo") {
        // Programs run as nobody here.
        std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        std::filesystem::permissions(path, std::filesystem::perms(0666));
        ours = Descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
        REQUIRE(ours);
    }
    pid_t pid() const {
        pollfd waiting{ours.get(), POLLIN, 0};
        REQUIRE(::poll(&waiting, 1, 5000) == 1);
        std::array<char, 32> text{};
        REQUIRE(::read(ours.get(), text.data(), text.size() - 1) > 0);
        return std::stoi(text.data());
    }
};

// Not into the pipe: tail ends by itself, and at once, when nobody reads what it writes.
const std::string for_ever = "tail -f /dev/null > /dev/null";

void wait_for_death(pid_t pid) {
    for (int attempt = 0; alive(pid); ++attempt) {
        REQUIRE(attempt < 1000);
        ::poll(nullptr, 0, 5);
    }
}

bool is_root() {
    if (::geteuid() == 0) return true;
    WARN("SKIP: needs root");
    return false;
}

}  // namespace

TEST_CASE("exec: at the deadline all of its group dies, whatever it ignores") {
    auto shortest = std::chrono::steady_clock::duration::max();
    // Only what happens each time is no affair of a busy machine.
    for (int round = 0; round < 3; ++round) {
        const Announcement announced;
        Bench bench("trap '' TERM INT HUP; sh -c 'echo $$ > " + announced.path + "; exec " + for_ever +
                    "' & wait");
        const auto probe = bench.check.probe(1s);
        const pid_t pid = announced.pid();
        CHECK(alive(pid));
        const auto begin = std::chrono::steady_clock::now();
        bench.host.advance(1s);
        // The verdict is there before anybody knows that the program is dead.
        REQUIRE(bench.check.answer(probe));
        shortest = std::min(shortest, std::chrono::steady_clock::now() - begin);
        CHECK_THAT(bench.check.describe(), Catch::Contains("\"dying\":1"));
        REQUIRE(bench.host.run_until([&] { return bench.check.watched() == 0; }));
        wait_for_death(pid);
        CHECK_FALSE(has_children());
    }
    CHECK(shortest < 100ms);
}

TEST_CASE("exec: a daemon that holds the pipe open does not hold up the verdict, and dies with its group") {
    const Announcement announced;
    const Announcement waited_for;
    Bench bench("sh -c 'echo $$ > " + announced.path + "; echo > " + waited_for.path + "; exec 9>&1 " +
                for_ever + "' & read x < " + waited_for.path + "; echo done; exit 1");
    CHECK(bench.message() == "done");
    wait_for_death(announced.pid());
    CHECK_FALSE(has_children());
}

TEST_CASE("exec: a daemon in a session of its own lives on") {
    const Announcement announced;
    const Announcement waited_for;
    Bench bench("setsid sh -c 'echo $$ > " + announced.path + "; echo > " + waited_for.path + "; exec " +
                for_ever + "' & read x < " + waited_for.path + "; echo done");
    CHECK(bench.message() == "done");
    const pid_t pid = announced.pid();
    CHECK(alive(pid));
    REQUIRE(::kill(pid, SIGKILL) == 0);
    wait_for_death(pid);
}

TEST_CASE("exec: runs that are cancelled leave nothing behind") {
    Bench bench("exec " + for_ever);
    for (int round = 0; round < 50; ++round)
        bench.time_out(bench.check.probe(1s));
    CHECK_FALSE(has_children());
}

TEST_CASE("exec: a run that does not die stops the next ones, until it does") {
    Bench bench("exec " + for_ever);
    // Nobody lets the loop turn: to the check, the killed ones have not ended.
    for (int round = 0; round < 2; ++round) {
        (void)bench.check.probe(1s);
        bench.check.cancel();
    }
    const auto refused = bench.check.probe(1s);
    REQUIRE(bench.check.answer(refused));
    CHECK(bench.check.answer(refused)->state == State::unknown);
    CHECK(bench.check.answer(refused)->reason == Reason::resource);
    CHECK_THAT(bench.check.answer(refused)->message, Catch::Contains("do not die"));
    CHECK_THAT(bench.check.describe(), Catch::Contains("\"dying\":2"));
    REQUIRE(bench.host.run_until([&] { return bench.check.watched() == 0; }));
    CHECK_FALSE(has_children());
    bench.time_out(bench.check.probe(1s));
}

TEST_CASE("exec: a run that was killed at the end of its check is collected by the next") {
    pid_t pid = 0;
    {
        const Announcement announced;
        Bench bench("echo $$ > " + announced.path + "; exec " + for_ever);
        (void)bench.check.probe(1s);
        pid = announced.pid();
    }
    wait_for_death(pid);
    Bench next("exit 0");
    (void)next.message();
    CHECK_FALSE(has_children());
}

TEST_CASE("exec: the program gets a clean environment, and nothing else of ours") {
    REQUIRE(::setenv("REGENT_TEST_LEAK", "1", 1) == 0);
    Bench environment("env | sort | tr '\\n' ' '", {{"environment", {"B=2", "LANG=de_DE", "A=x y"}}});
    CHECK(environment.message() ==
          "A=x y B=2 LANG=de_DE PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PWD=/");
    REQUIRE(::unsetenv("REGENT_TEST_LEAK") == 0);

    const Descriptor leaking(::dup(STDOUT_FILENO));
    // ls itself has one open: the directory.
    CHECK(Bench("ls /proc/self/fd | tr '\\n' ' '").message() == "0 1 2 3");
    CHECK(Bench("readlink /proc/self/fd/0").message() == "/dev/null");
    CHECK(Bench("umask").message() == "0022");
    CHECK(Bench("pwd").message() == "/");
    CHECK(Bench("[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && [ $(cut -d' ' -f6 /proc/$$/stat) = $$ ] && echo "
                "leads")
              .message() == "leads");
}

TEST_CASE("exec: no signal is blocked or ignored") {
    sigset_t blocked;
    sigset_t before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGUSR1);
    REQUIRE(::sigprocmask(SIG_BLOCK, &blocked, &before) == 0);
    const auto previous = ::signal(SIGPIPE, SIG_IGN);
    // But 32 and 33: glibc's own, which posix_spawn() has a program ignore, and nobody else can change that.
    Bench bench(
        "for key in SigBlk SigIgn; do echo $key: $((0x$(sed -n s/^$key:.//p /proc/self/status) & "
        "~0x180000000)); done | tr '\\n' ' '");
    CHECK(bench.message() == "SigBlk: 0 SigIgn: 0");
    ::signal(SIGPIPE, previous);
    REQUIRE(::sigprocmask(SIG_SETMASK, &before, nullptr) == 0);
}

TEST_CASE("exec: root runs programs as nobody, without capabilities, or as whom it is told") {
    if (!is_root()) return;
    CHECK(Bench("echo $(id -u) $(id -g) $(id -G)").message() == "65534 65534 65534");
    CHECK(Bench("id -un", {{"user", "daemon"}}).message() == "daemon");
    CHECK(Bench("id -u", {{"user", "root"}}).message() == "0");
    CHECK(Bench("grep -cE 'Cap(Inh|Prm|Eff|Amb):\\s0+$' /proc/self/status").message() == "4");
}

TEST_CASE("exec: who is not root runs programs as itself, and as nobody else") {
    if (!is_root()) return;
    const pid_t child = ::fork();
    if (child == 0) {
        // In a process of its own, because there is no way back. No check of the test framework in here.
        if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(10);
        FakeHost host;
        auto own = host.create(sdk::check<ExecCheck>, {{"command", shell("exit $(($(id -u) != 65534))")}});
        own.start();
        const auto probe = own.probe();
        if (!host.run_until([&] { return own.answer(probe).has_value(); })) ::_exit(11);
        if (own.answer(probe)->state != State::up) ::_exit(12);
        auto other = host.create(sdk::check<ExecCheck>, {{"command", {"/bin/true"}}, {"user", "daemon"}});
        try {
            other.start();
            ::_exit(13);
        } catch (const sdk::testing::Refused& refused) {
            ::_exit(std::string_view(refused.what()).find("does not run as root") == std::string_view::npos
                        ? 14
                        : 0);
        }
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("exec: a program dies with the process that started it") {
    const Announcement announced;
    const pid_t host = ::fork();
    if (host == 0) {
        FakeHost fake;
        auto check = fake.create(sdk::check<ExecCheck>,
                                 {{"command", shell("echo $$ > " + announced.path + "; exec " + for_ever)}});
        check.start();
        (void)check.probe(60s);
        ::pause();
        ::_exit(0);
    }
    const pid_t program = announced.pid();
    CHECK(alive(program));
    REQUIRE(::kill(host, SIGKILL) == 0);
    REQUIRE(::waitpid(host, nullptr, 0) == host);
    wait_for_death(program);
}

TEST_CASE("exec: no descriptor or process is left") {
    Bench bench("exit 0");
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    // Fails at each of the descriptors that a run needs, in turn.
    int refused = 0;
    for (rlim_t limit = 3; limit < 64; ++limit) {
        const rlimit few{limit, before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
        const auto probe = bench.check.probe();
        const bool at_once = bench.check.answer(probe).has_value();
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
        const auto report = bench.answer(probe);
        CHECK(report.state == (at_once ? State::unknown : State::up));
        if (at_once) {
            CHECK(report.reason == Reason::resource);
            ++refused;
        }
    }
    CHECK(refused > 3);
    CHECK(refused < 61);
    CHECK(bench.check.watched() == 0);
    CHECK_FALSE(has_children());
}

TEST_CASE("exec: what a run costs") {
    constexpr std::size_t runs = 201;
    FakeHost host;
    auto check = host.create(sdk::check<ExecCheck>, {{"command", {"/bin/true"}}});
    check.start();
    std::vector<double> in_probe;
    std::vector<double> in_all;
    for (std::size_t run = 0; run < runs; ++run) {
        const auto begin = std::chrono::steady_clock::now();
        const auto since = [&] {
            return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
                .count();
        };
        const auto probe = check.probe();
        in_probe.push_back(since());
        REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
        in_all.push_back(since());
    }
    const auto median = [](std::vector<double>& values) {
        std::sort(values.begin(), values.end());
        return values[values.size() / 2];
    };
    const double all = median(in_all);
    const double probe = median(in_probe);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr double slack = 10;  // a fork copies the tables of the sanitizer's memory, too
#else
    constexpr double slack = 1;
#endif
    std::printf(
        "exec: median %.0f us a run of /bin/true (bound %.0f), %.0f us of it in probe() (bound %.0f)\n", all,
        50000 * slack, probe, 5000 * slack);
    CHECK(all < 50000 * slack);
    CHECK(probe < 5000 * slack);
    check.destroy();
    CHECK(host.violations() == std::vector<std::string>{});
}
