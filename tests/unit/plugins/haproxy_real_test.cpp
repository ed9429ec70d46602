// SPDX-License-Identifier: Apache-2.0
// The check `haproxy` against HAProxy itself, in real time.
#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "plugins/haproxy/haproxy_check.hpp"
#include "regent/testing.hpp"
#include "tests/unit/plugins/real_haproxy.hpp"

using namespace std::chrono_literals;
using namespace regent;
using test::RealHaproxy;
using RealClock = std::chrono::steady_clock;

namespace {

const regent_type& type = sdk::check<plugins::haproxy::HaproxyCheck>;

bool is_here() {
    if (::access(test::haproxy_program, X_OK) == 0) return true;
    WARN("SKIP: there is no " << test::haproxy_program);
    return false;
}

struct Bench {
    RealHaproxy haproxy;
    sdk::testing::FakeHost host;
    RealClock::time_point moved_at = RealClock::now();

    explicit Bench(RealHaproxy::Mode mode = RealHaproxy::Mode::master_worker) : haproxy(mode) {
        RealHaproxy::wait_for([&] { return haproxy.worker().has_value(); },
                              "HAProxy does not answer: " + haproxy.log());
    }
    ~Bench() { CHECK(host.violations().empty()); }
    sdk::testing::Instance start(sdk::testing::Settings more = {}) {
        more.push_back({"pidfile", haproxy.pidfile()});
        more.push_back({"stats_socket", haproxy.stats_socket()});
        auto check = host.create(type, more);
        check.start();
        return check;
    }
    /// Lets the host's clock go as the real one does, but for the time in which the machine stands still:
    /// HAProxy does nothing in it either.
    void turn() {
        constexpr sdk::Duration longest = 10ms;
        host.poll_once(2ms);
        const auto now = RealClock::now();
        const auto passed = std::chrono::duration_cast<sdk::Duration>(now - std::exchange(moved_at, now));
        host.advance(std::min(passed, longest));
    }
    template <class Condition>
    bool run_until(const Condition& condition) {
        const auto end = RealClock::now() + 10s;
        moved_at = RealClock::now();
        while (!condition() && RealClock::now() < end)
            turn();
        return condition();
    }
    sdk::testing::Report ask(sdk::testing::Instance& check, sdk::Duration timeout = 2s) {
        const auto probe = check.probe(timeout);
        REQUIRE(run_until([&] { return check.answer(probe).has_value(); }));
        return *check.answer(probe);
    }
    /// Asks again and again until `condition` holds; all that is told meanwhile must be UP.
    template <class Condition>
    int ask_until(sdk::testing::Instance& check, const Condition& condition) {
        const std::size_t before = check.reports().size();
        int asked = 0;
        const auto end = RealClock::now() + 10s;
        do {
            ask(check);
            ++asked;
            INFO(haproxy.log());
            REQUIRE(RealClock::now() < end);
        } while (!condition());
        const auto reports = check.reports();
        for (std::size_t index = before; index < reports.size(); ++index) {
            INFO(reports[index].message << " " << haproxy.log());
            REQUIRE(reports[index].state == sdk::State::up);
        }
        return asked;
    }
};

void print(const std::string& what, std::vector<double> times_ms, double allowed_ms) {
    std::sort(times_ms.begin(), times_ms.end());
    WARN(what << ": median " << times_ms[times_ms.size() / 2] << " ms, longest " << times_ms.back()
              << " ms of " << times_ms.size() << " (allowed: " << allowed_ms << " ms)");
    CHECK(times_ms[times_ms.size() / 2] < allowed_ms);
}

double since(RealClock::time_point start) {
    return std::chrono::duration<double, std::milli>(RealClock::now() - start).count();
}

}  // namespace

TEST_CASE("a real HAProxy is up, and says how it is") {
    if (!is_here()) return;
    Bench bench;
    auto check = bench.start({{"frontends", {"web"}}, {"min_servers", {"app:2"}}});
    const auto answer = bench.ask(check);
    INFO(answer.message);
    CHECK(answer.state == sdk::State::up);
    CHECK(answer.message.starts_with("HAProxy 2."));
    CHECK(answer.message.ends_with(" sessions, 2 of 2 servers up"));
    CHECK(answer.message.find("pid " + std::to_string(*bench.haproxy.pid())) != std::string::npos);
    std::vector<double> times;
    for (int count = 0; count < 200; ++count) {
        const auto start = RealClock::now();
        bench.ask(check);
        times.push_back(since(start));
    }
    print("probe answered", times, 50);
}

TEST_CASE("a real HAProxy that is killed is told at once, and its return as well") {
    if (!is_here()) return;
    Bench bench;
    auto check = bench.start();
    CHECK(bench.ask(check).state == sdk::State::up);
    std::vector<double> deaths, returns;
    for (int round = 0; round < 20; ++round) {
        const std::size_t before = check.reports().size();
        auto start = RealClock::now();
        ::kill(*bench.haproxy.pid(), SIGKILL);
        REQUIRE(bench.run_until([&] { return check.reports().size() > before; }));
        deaths.push_back(since(start));
        CHECK(check.reports()[before].reason == sdk::Reason::exited);
        CHECK(check.reports()[before].probe == sdk::unsolicited);

        // What is left behind proves nothing, to one who comes new either.
        auto newcomer = bench.start();
        const auto answer = bench.ask(newcomer);
        CHECK(answer.state == sdk::State::down);
        CHECK(answer.reason == sdk::Reason::not_found);
        CHECK(std::filesystem::exists(bench.haproxy.stats_socket()));

        bench.haproxy.end(*bench.haproxy.pid());
        bench.haproxy.start();
        start = RealClock::now();
        REQUIRE(bench.run_until([&] { return check.reports().size() > before + 1; }));
        returns.push_back(since(start));
        CHECK(check.reports()[before + 1].state == sdk::State::up);
    }
    print("kill -9 of the master to DOWN", deaths, 30);
    print("pidfile to UP", returns, 500);
}

TEST_CASE("the death of a real worker is the death of its master") {
    if (!is_here()) return;
    Bench bench;
    auto check = bench.start();
    std::vector<double> deaths;
    for (int round = 0; round < 10; ++round) {
        CHECK(bench.ask(check).state == sdk::State::up);
        const std::size_t before = check.reports().size();
        const pid_t master = *bench.haproxy.pid();
        std::optional<pid_t> worker;
        RealHaproxy::wait_for([&] { return (worker = bench.haproxy.worker()).has_value(); }, "no worker");
        const auto start = RealClock::now();
        ::kill(*worker, SIGKILL);
        REQUIRE(bench.run_until([&] { return check.reports().size() > before; }));
        deaths.push_back(since(start));
        CHECK(check.reports()[before].reason == sdk::Reason::exited);
        bench.haproxy.end(master);
        bench.haproxy.start();
        REQUIRE(bench.run_until([&] { return check.reports().back().state == sdk::State::up; }));
    }
    print("kill -9 of the worker to DOWN", deaths, 500);
}

TEST_CASE("a real worker that hangs is timed out") {
    if (!is_here()) return;
    Bench bench;
    auto check = bench.start();
    const pid_t worker = *bench.haproxy.worker();
    for (int round = 0; round < 3; ++round) {
        ::kill(worker, SIGSTOP);
        for (int probe = 0; probe < 3; ++probe)
            CHECK(bench.ask(check, 100ms).reason == sdk::Reason::timeout);
        ::kill(worker, SIGCONT);
        CHECK(bench.ask(check).state == sdk::State::up);
    }
}

TEST_CASE("a real HAProxy is reloaded by USR2 again and again, and is never down") {
    if (!is_here()) return;
    Bench bench;
    auto check = bench.start({{"frontends", {"web"}}, {"min_servers", {"app:1"}}});
    const pid_t master = *bench.haproxy.pid();
    int asked = 0;
    for (int round = 0; round < 20; ++round) {
        // One that was told twice may be about to give way to the next.
        std::optional<pid_t> old;
        RealHaproxy::wait_for([&] { return (old = bench.haproxy.worker()).has_value(); }, "no worker");
        // A master that has just started may not listen to signals yet.
        auto sent = RealClock::time_point();
        asked += bench.ask_until(check, [&] {
            const auto now = bench.haproxy.worker();
            if (now && now != old) return true;
            if (RealClock::now() - sent > 500ms) {
                ::kill(master, SIGUSR2);
                sent = RealClock::now();
            }
            return false;
        });
    }
    WARN("20 reloads by USR2, " << asked << " probes, all UP");
    CHECK(bench.haproxy.pid() == master);
}

/// An old process without connections can be gone before the new one has written its pidfile.
bool serves(const sdk::testing::Report& report) {
    return report.state == sdk::State::up
               ? report.message.starts_with("HAProxy")
               : report.state == sdk::State::degraded && report.message.ends_with("its successor is awaited");
}

TEST_CASE("a real HAProxy without a master is taken over by -sf again and again, and is never down") {
    if (!is_here()) return;
    Bench bench(RealHaproxy::Mode::daemon);
    auto check = bench.start({{"frontends", {"web"}}});
    std::vector<std::string> hand_over;
    SECTION("with the old one's sockets") {
        hand_over = {"-x", bench.haproxy.stats_socket()};
    }
    SECTION("with sockets of its own") {}
    CHECK(bench.ask(check).state == sdk::State::up);
    int asked = 0;
    for (int round = 0; round < 20; ++round) {
        const pid_t old = *bench.haproxy.pid();
        const std::size_t before = check.reports().size();
        std::vector<std::string> arguments = hand_over;
        arguments.insert(arguments.end(), {"-sf", std::to_string(old)});
        auto probe = check.probe(2s);
        bench.haproxy.start(arguments, [&] {
            bench.turn();
            if (!check.answer(probe)) return;
            probe = check.probe(2s);
            ++asked;
        });
        REQUIRE(bench.run_until([&] { return check.answer(probe).has_value(); }));
        const pid_t now = *bench.haproxy.pid();
        const std::string text = "pid " + std::to_string(now);
        asked += bench.ask_until(
            check, [&] { return check.reports().back().message.find(text) != std::string::npos; });
        // The old one had nothing left to do.
        siginfo_t info{};
        REQUIRE(::waitid(P_PID, static_cast<id_t>(old), &info, WEXITED | WNOWAIT) == 0);
        asked += bench.ask_until(check, [] { return true; });
        const auto reports = check.reports();
        CHECK(std::all_of(reports.begin() + static_cast<std::ptrdiff_t>(before), reports.end(), serves));
        bench.haproxy.end(old);
    }
    WARN("20 takeovers by -sf, " << asked << " probes, none DOWN");
    std::vector<double> deaths;
    for (int round = 0; round < 3; ++round) {
        const std::size_t before = check.reports().size();
        const pid_t pid = *bench.haproxy.pid();
        const auto start = RealClock::now();
        ::kill(pid, SIGKILL);
        REQUIRE(bench.run_until([&] { return check.reports().size() > before; }));
        deaths.push_back(since(start));
        CHECK(check.reports()[before].reason == sdk::Reason::exited);
        bench.haproxy.end(pid);
        bench.haproxy.start();
        REQUIRE(bench.run_until([&] { return check.reports().back().state == sdk::State::up; }));
    }
    print("kill -9 after that to DOWN", deaths, 500);
}

TEST_CASE("a real frontend that is disabled is down") {
    if (!is_here()) return;
    Bench bench;
    auto check = bench.start({{"frontends", {"web"}}});
    CHECK(bench.ask(check).state == sdk::State::up);
    bench.haproxy.ask("disable frontend web");
    CHECK(bench.ask(check).message == "frontend web is PAUSED");
    bench.haproxy.ask("enable frontend web");
    CHECK(bench.ask(check).state == sdk::State::up);
    bench.haproxy.ask("shutdown frontend web");
    CHECK(bench.ask(check).state == sdk::State::down);
}

TEST_CASE("real servers that are down are counted") {
    if (!is_here()) return;
    Bench bench;
    auto strict = bench.start({{"min_servers", {"app:2"}}});
    auto mild = bench.start({{"min_servers", {"app:2"}}, {"min_servers_state", "degraded"}});
    CHECK(bench.ask(strict).state == sdk::State::up);
    bench.haproxy.ask("set server app/s1 state maint");
    const auto answer = bench.ask(strict);
    CHECK(answer.state == sdk::State::down);
    CHECK(answer.message == "backend app: 1 of 2 servers up, at least 2 wanted");
    CHECK(bench.ask(mild).state == sdk::State::degraded);
    bench.haproxy.ask("set server app/s1 state drain");
    CHECK(bench.ask(strict).state == sdk::State::down);
    bench.haproxy.ask("set server app/s1 state ready");
    CHECK(bench.ask(strict).state == sdk::State::up);
}
