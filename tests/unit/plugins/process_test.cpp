// SPDX-License-Identifier: Apache-2.0
// The check `process` with real processes and real files; the clock is the fake host's.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "plugins/process/process_check.hpp"
#include "regent/testing.hpp"
#include "tests/unit/plugins/processes.hpp"
#include "tests/unit/plugins/stopwatch.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace std::chrono_literals;
using namespace regent;
using test::Child;

namespace {

const regent_type& type = sdk::check<plugins::process::ProcessCheck>;

struct Bench {
    test::TemporaryDirectory directory;
    std::filesystem::path pidfile = directory.path() / "daemon.pid";
    sdk::testing::FakeHost host;

    ~Bench() { CHECK(host.violations().empty()); }
    sdk::testing::Instance start(sdk::testing::Settings settings) {
        auto check = host.create(type, settings);
        check.start();
        return check;
    }
    sdk::testing::Instance start_with_pidfile(sdk::testing::Settings more = {}) {
        more.push_back({"pidfile", pidfile.string()});
        return start(more);
    }
    void names(const Child& child) const { test::replace_file(pidfile, std::to_string(child.pid()) + "\n"); }
    sdk::testing::Report ask(sdk::testing::Instance& check) {
        const auto probe = check.probe(1s);
        REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
        return *check.answer(probe);
    }
    /// What it told by itself since there were `seen` reports.
    sdk::testing::Report wait_for_push(const sdk::testing::Instance& check, std::size_t seen) {
        REQUIRE(host.run_until([&] { return check.reports().size() > seen; }));
        CHECK(check.reports()[seen].probe == sdk::unsolicited);
        return check.reports()[seen];
    }
    /// Whatever there was to see has been seen: nothing is ready any more.
    void settle() {
        while (host.poll_once(20ms)) {
        }
    }
};

/// A process that was forked by one of a name, and has not begun its own program yet.
class Job {
  public:
    explicit Job(const std::string& comm) {
        REQUIRE(::pipe2(go_, O_CLOEXEC) == 0);
        REQUIRE(::pipe2(done_, O_CLOEXEC) == 0);
        pid_ = ::fork();
        if (pid_ == 0) run(comm);
        ::close(done_[1]);
        char byte = 0;
        REQUIRE(::read(done_[0], &byte, 1) == 1);
    }
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    ~Job() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        for (const int fd : {go_[0], go_[1], done_[0]})
            ::close(fd);
    }
    pid_t pid() const { return pid_; }
    void become_sleep() const {
        char byte = 0;
        REQUIRE(::write(go_[1], &byte, 1) == 1);
        REQUIRE(::read(done_[0], &byte, 1) == 0);
    }

  private:
    [[noreturn]] void run(const std::string& comm) const {
        char byte = 0;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::prctl(PR_SET_NAME, comm.c_str());
        if (::write(done_[1], &byte, 1) == 1 && ::read(go_[0], &byte, 1) == 1)
            ::execl("/bin/sleep", "sleep", "1000", nullptr);
        ::_exit(127);
    }
    int go_[2]{-1, -1}, done_[2]{-1, -1};
    pid_t pid_ = -1;
};

void refused(const sdk::testing::Settings& settings, const std::string& param) {
    sdk::testing::FakeHost host;
    try {
        host.create(type, settings);
        FAIL("was not refused");
    } catch (const sdk::testing::Refused& refusal) {
        CHECK(refusal.param == param);
    }
    CHECK(host.violations().empty());
}

}  // namespace

TEST_CASE("the end of the process in the pidfile is told at once") {
    Bench bench;
    Child child;
    bench.names(child);
    auto check = bench.start_with_pidfile();
    CHECK(bench.ask(check).state == sdk::State::up);
    child.kill();
    const auto told = bench.wait_for_push(check, 1);
    CHECK(told.state == sdk::State::down);
    CHECK(told.reason == sdk::Reason::exited);
    CHECK(told.message == "process " + std::to_string(child.pid()) + " (regent-test) exited");
    // Nobody has reaped it: a zombie is gone all the same, and so it stays.
    CHECK(bench.ask(check).reason == sdk::Reason::exited);
    CHECK(check.reports().size() == 3);
}

TEST_CASE("a death that a probe sees first is told by itself as well") {
    Bench bench;
    Child child;
    bench.names(child);
    auto check = bench.start_with_pidfile();
    child.kill();
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT);
    const auto answer = bench.ask(check);
    CHECK(answer.state == sdk::State::down);
    REQUIRE(check.reports().size() == 2);
    CHECK(check.reports()[0].probe == sdk::unsolicited);
}

TEST_CASE("a process that is back is told without a probe") {
    Bench bench;
    auto first = std::make_unique<Child>();
    bench.names(*first);
    auto check = bench.start_with_pidfile();
    first.reset();
    CHECK(bench.wait_for_push(check, 0).state == sdk::State::down);
    Child second;
    SECTION("the pidfile is replaced") {
        bench.names(second);
    }
    SECTION("the pidfile is written in place") {
        test::write_file(bench.pidfile, std::to_string(second.pid()));
    }
    SECTION("the pidfile was removed in between") {
        std::filesystem::remove(bench.pidfile);
        bench.settle();
        test::write_file(bench.pidfile, std::to_string(second.pid()));
    }
    CHECK(bench.wait_for_push(check, 1).state == sdk::State::up);
    second.kill();
    CHECK(bench.wait_for_push(check, 2).state == sdk::State::down);
}

TEST_CASE("a pidfile that was not written again stays stale, whatever runs under its number") {
    Bench bench;
    auto first = std::make_unique<Child>();
    const pid_t pid = first->pid();
    bench.names(*first);
    auto check = bench.start_with_pidfile();
    first.reset();
    CHECK(bench.wait_for_push(check, 0).state == sdk::State::down);
    const Child second("another", pid);
    if (second.pid() < 0) {
        WARN("SKIP: this kernel gives no chosen process numbers");
        return;
    }
    REQUIRE(second.pid() == pid);
    CHECK(bench.ask(check).state == sdk::State::down);
    bench.names(second);
    CHECK(bench.wait_for_push(check, 2).state == sdk::State::up);
}

TEST_CASE("what a pidfile names must be called as demanded") {
    Bench bench;
    const Child child("something");
    bench.names(child);
    auto check = bench.start_with_pidfile({{"name", "haproxy"}});
    const auto answer = bench.ask(check);
    CHECK(answer.state == sdk::State::down);
    CHECK(answer.reason == sdk::Reason::not_found);
    CHECK(answer.message.find("is something, not haproxy") != std::string::npos);
}

TEST_CASE("a pidfile on a disk that is older than the last boot proves nothing") {
    const std::filesystem::path pidfile = std::filesystem::current_path() / "older-than-boot.pid";
    struct statfs file_system {};
    REQUIRE(::statfs(std::filesystem::current_path().c_str(), &file_system) == 0);
    if (file_system.f_type == TMPFS_MAGIC) {
        WARN("SKIP: the tests run in a file system in memory");
        return;
    }
    const Child child;
    test::write_file(pidfile, std::to_string(child.pid()));
    const timespec long_ago[2]{{1, 0}, {1, 0}};
    REQUIRE(::utimensat(AT_FDCWD, pidfile.c_str(), long_ago, 0) == 0);
    Bench bench;
    auto check = bench.start({{"pidfile", pidfile.string()}});
    CHECK(bench.ask(check).message.find("older than the last boot") != std::string::npos);
    auto named = bench.start({{"pidfile", pidfile.string()}, {"name", "regent-test"}});
    CHECK(bench.ask(named).state == sdk::State::up);
    std::filesystem::remove(pidfile);
}

TEST_CASE("what cannot be judged is unknown, what is not there is down") {
    Bench bench;
    auto check = bench.start_with_pidfile();
    CHECK(bench.ask(check).reason == sdk::Reason::not_found);
    test::write_file(bench.pidfile, "not a number\n");
    CHECK(bench.ask(check).message.find("holds no process number") != std::string::npos);
    test::write_file(bench.pidfile, std::string(100'000, '1'));
    CHECK(bench.ask(check).state == sdk::State::unknown);
    std::filesystem::remove(bench.pidfile);
    std::filesystem::create_directory(bench.pidfile);
    CHECK(bench.ask(check).state == sdk::State::unknown);
    std::filesystem::remove(bench.pidfile);
    REQUIRE(::mkfifo(bench.pidfile.c_str(), 0600) == 0);
    CHECK(bench.ask(check).reason == sdk::Reason::config);
}

TEST_CASE("that no process of a name is seen means nothing where none can be looked at") {
    const Child child;
    Bench bench;
    // First without a limit: a sanitizer that sees a class for the first time takes descriptors itself.
    auto absent = bench.start({{"name", "regent-none"}});
    CHECK(bench.ask(absent).state == sdk::State::down);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const int next = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    REQUIRE(::close(next) == 0);
    // One is left, which /proc itself takes.
    const rlimit few{static_cast<rlim_t>(next) + 1, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    auto check = bench.start({{"name", "regent-test"}});
    const auto answer = bench.ask(check);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(answer.state == sdk::State::unknown);
    CHECK(answer.reason == sdk::Reason::resource);
    CHECK(bench.ask(check).state == sdk::State::up);
}

TEST_CASE("one process of a name that is held is enough, though there is no descriptor for another") {
    const Child one("regent-few"), other("regent-few");
    Bench bench;
    auto check = bench.start({{"name", "regent-none"}});
    CHECK(bench.ask(check).state == sdk::State::down);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const int next = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    REQUIRE(::close(next) == 0);
    // /proc, one process, and a file of it.
    const rlimit few{static_cast<rlim_t>(next) + 3, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    auto named = bench.start({{"name", "regent-few"}});
    const auto answer = bench.ask(named);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(answer.state == sdk::State::up);
}

TEST_CASE("a folder that comes later is watched then") {
    Bench bench;
    bench.pidfile = bench.directory.path() / "later" / "daemon.pid";
    auto check = bench.start_with_pidfile();
    CHECK(bench.ask(check).reason == sdk::Reason::not_found);
    std::filesystem::create_directory(bench.pidfile.parent_path());
    CHECK(bench.ask(check).reason == sdk::Reason::not_found);
    const Child child;
    bench.names(child);
    CHECK(bench.wait_for_push(check, 2).state == sdk::State::up);
}

TEST_CASE("a stopped process is alive") {
    Bench bench;
    const Child child;
    bench.names(child);
    auto check = bench.start_with_pidfile();
    child.kill(SIGSTOP);
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WSTOPPED | WNOWAIT) == 0);
    CHECK(bench.ask(check).state == sdk::State::up);
}

TEST_CASE("within its grace a death is not told") {
    Bench bench;
    auto first = std::make_unique<Child>();
    bench.names(*first);
    auto check = bench.start_with_pidfile({{"grace", "300ms"}});
    CHECK(bench.ask(check).state == sdk::State::up);
    first.reset();
    REQUIRE(bench.host.run_until([&] { return check.timers() == 1; }));
    bench.host.advance(299ms);
    CHECK(check.reports().size() == 1);
    SECTION("a successor ends it") {
        const Child second;
        bench.names(second);
        REQUIRE(bench.host.run_until([&] { return check.timers() == 0; }));
        bench.host.advance(10s);
        CHECK(check.reports().size() == 1);
        CHECK(bench.ask(check).state == sdk::State::up);
    }
    SECTION("a probe is told what is the matter") {
        const auto answer = bench.ask(check);
        CHECK(answer.state == sdk::State::degraded);
        CHECK(answer.reason == sdk::Reason::exited);
    }
    SECTION("its end is told") {
        bench.host.advance(1ms);
        CHECK(bench.wait_for_push(check, 1).reason == sdk::Reason::exited);
    }
}

TEST_CASE("a daemon that takes over makes its pidfile before the old one ends, and fills it later") {
    Bench bench;
    Child first;
    bench.names(first);
    auto check = bench.start_with_pidfile();
    test::replace_file(bench.pidfile, "");
    bench.settle();
    first.kill();
    REQUIRE(bench.host.run_until([&] { return check.timers() == 1; }));
    CHECK(check.reports().empty());
    SECTION("and is found") {
        const Child second;
        test::write_file(bench.pidfile, std::to_string(second.pid()));
        REQUIRE(bench.host.run_until([&] { return check.timers() == 0; }));
        CHECK(check.reports().empty());
        CHECK(bench.ask(check).state == sdk::State::up);
    }
    SECTION("or never does") {
        bench.host.advance(250ms);
        CHECK(bench.wait_for_push(check, 0).reason == sdk::Reason::exited);
    }
}

TEST_CASE("a daemon that removes its pidfile before it ends is told to have ended at once") {
    Bench bench;
    Child child;
    bench.names(child);
    auto check = bench.start_with_pidfile();
    std::filesystem::remove(bench.pidfile);
    bench.settle();
    CHECK(bench.ask(check).state == sdk::State::up);
    child.kill();
    CHECK(bench.wait_for_push(check, 1).reason == sdk::Reason::exited);
}

TEST_CASE("the old process may live on while another takes over") {
    Bench bench;
    auto old = std::make_unique<Child>();
    bench.names(*old);
    auto check = bench.start_with_pidfile();
    Child next;
    bench.names(next);
    bench.settle();
    old.reset();
    bench.settle();
    CHECK(check.reports().empty());
    next.kill();
    CHECK(bench.wait_for_push(check, 0).state == sdk::State::down);
}

TEST_CASE("of several processes of a name the last counts") {
    Bench bench;
    std::vector<std::unique_ptr<Child>> children;
    for (int count = 0; count < 3; ++count)
        children.push_back(std::make_unique<Child>("regent-many"));
    auto check = bench.start({{"name", "regent-many"}});
    const auto answer = bench.ask(check);
    CHECK(answer.state == sdk::State::up);
    REQUIRE(answer.metrics.size() == 1);
    CHECK(answer.metrics[0].value == 3);
    // One that nobody has seen yet, and the others end.
    Child late("regent-many");
    children.clear();
    bench.settle();
    CHECK(check.reports().size() == 1);
    CHECK(bench.ask(check).metrics[0].value == 1);
    late.kill();
    CHECK(bench.wait_for_push(check, 2).reason == sdk::Reason::exited);
}

TEST_CASE("what has become another program is none of its name any more") {
    Bench bench;
    auto daemon = std::make_unique<Child>("regent-jobs");
    Job job("regent-jobs");
    auto check = bench.start({{"name", "regent-jobs"}});
    CHECK(bench.ask(check).metrics[0].value == 2);

    SECTION("when the last other one ends") {
        job.become_sleep();
        const std::string name = "process " + std::to_string(daemon->pid()) + " (regent-jobs)";
        daemon->kill();
        const auto told = bench.wait_for_push(check, 1);
        CHECK(told.state == sdk::State::down);
        CHECK(told.message == name + " exited");
    }
    SECTION("when it is the last") {
        daemon.reset();
        bench.settle();
        CHECK(bench.ask(check).state == sdk::State::up);
        job.become_sleep();
        const auto told = bench.ask(check);
        CHECK(told.state == sdk::State::down);
        CHECK(told.message ==
              "process " + std::to_string(job.pid()) + " (regent-jobs) runs another program by now");
        const Child again("regent-jobs");
        CHECK(bench.ask(check).state == sdk::State::up);
    }
}

TEST_CASE("no more than 64 processes of a name are watched") {
    Bench bench;
    std::vector<std::unique_ptr<Child>> children;
    for (int count = 0; count < 70; ++count)
        children.push_back(std::make_unique<Child>("regent-crowd"));
    auto check = bench.start({{"name", "regent-crowd"}});
    CHECK(bench.ask(check).metrics[0].value == 64);
    CHECK(check.watched() == 64);
    for (int count = 0; count < 64; ++count)
        children[static_cast<std::size_t>(count)].reset();
    bench.settle();
    CHECK(bench.ask(check).state == sdk::State::up);
}

TEST_CASE("arguments tell processes of one name apart") {
    Bench bench;
    const Child wrong(std::vector<std::string>{"/opt/regent-t/keeper", "--secondary"});
    auto check = bench.start({{"name", "keeper"}, {"arguments", {"--primary", "9"}}});
    CHECK(bench.ask(check).message == "no process is called keeper");
    const Child right(std::vector<std::string>{"/opt/regent-t/keeper", "--primary", "-v", "9"});
    CHECK(bench.ask(check).state == sdk::State::up);
}

TEST_CASE("what is configured must say which process is meant, once") {
    refused({}, "pidfile");
    refused({{"pidfile", "/a"}, {"unit", "b"}}, "unit");
    refused({{"unit", "b"}, {"name", "c"}}, "name");
    refused({{"unit", "b/c"}}, "unit");
    refused({{"unit", "b.socket"}}, "unit");
    refused({{"name", ""}}, "name");
    refused({{"name", "/usr/sbin/haproxy"}}, "name");
    refused({{"pidfile", "/a"}, {"arguments", {"-x"}}}, "arguments");
    refused({{"pidfile", "/a"}, {"grace", "-1s"}}, "grace");
}

TEST_CASE("nothing is left open, whatever happened") {
    const std::size_t before = test::open_descriptors();
    {
        Bench bench;
        const std::size_t with_host = test::open_descriptors();
        for (int round = 0; round < 50; ++round) {
            auto child = std::make_unique<Child>();
            bench.names(*child);
            auto check = bench.start_with_pidfile();
            CHECK(bench.ask(check).state == sdk::State::up);
            child.reset();
            bench.wait_for_push(check, 1);
            CHECK(check.describe().front() == '{');
            check.destroy();
            REQUIRE(test::open_descriptors() == with_host);
        }
    }
    CHECK(test::open_descriptors() == before);
}

TEST_CASE("a probe of a living process costs little") {
    Bench bench;
    const Child child;
    bench.names(child);
    auto check = bench.start_with_pidfile();
    constexpr int count = 2000;
    std::vector<double> spent;
    test::Stopwatch watch;
    for (int round = 0; round < count; ++round) {
        watch.start();
        check.probe(1s);
        spent.push_back(watch.microseconds());
    }
    std::sort(spent.begin(), spent.end());
    const auto each = spent[spent.size() / 2];
    CHECK(check.reports().size() == count);
    WARN("median: a probe takes " << each << " us, 1000 allowed");
    CHECK(each < 1000);
}
