// SPDX-License-Identifier: Apache-2.0
// The check `haproxy` against a stats socket that the test holds, and processes that are no HAProxy.
#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "plugins/haproxy/haproxy_check.hpp"
#include "regent/testing.hpp"
#include "tests/unit/plugins/processes.hpp"
#include "tests/unit/plugins/stats_socket.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace std::chrono_literals;
using namespace regent;
using test::Child;
using test::stats_text;
using test::StatsSocket;

namespace {

const regent_type& type = sdk::check<plugins::haproxy::HaproxyCheck>;

struct Bench {
    test::TemporaryDirectory directory;
    std::filesystem::path pidfile = directory.path() / "haproxy.pid";
    std::string socket_path = (directory.path() / "admin.sock").string();
    std::unique_ptr<Child> master = std::make_unique<Child>("haproxy");
    std::unique_ptr<StatsSocket> stats = std::make_unique<StatsSocket>(socket_path);
    sdk::testing::FakeHost host;

    Bench() { names(*master); }
    ~Bench() { CHECK(host.violations().empty()); }
    void names(const Child& child) const { test::replace_file(pidfile, std::to_string(child.pid()) + "\n"); }
    sdk::testing::Instance start(sdk::testing::Settings more = {}) {
        more.push_back({"pidfile", pidfile.string()});
        more.push_back({"stats_socket", socket_path});
        auto check = host.create(type, more);
        check.start();
        return check;
    }
    sdk::testing::Report answer(const sdk::testing::Instance& check, sdk::ProbeId probe) {
        REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
        return *check.answer(probe);
    }
    /// Asks while the stats socket says each of `texts`, one a connection, and the last of them for ever.
    sdk::testing::Report ask(sdk::testing::Instance& check, const std::vector<std::string>& texts) {
        const auto probe = check.probe(1s);
        for (std::size_t count = 0; !check.answer(probe) && count < 50; ++count) {
            if (!stats->is_asked()) host.advance(20ms);
            if (stats->is_asked()) stats->answer(texts[std::min(count, texts.size() - 1)]);
            host.poll_once(50ms);
        }
        REQUIRE(check.answer(probe));
        return *check.answer(probe);
    }
    /// Asks when nobody can answer.
    sdk::testing::Report ask_in_vain(sdk::testing::Instance& check) {
        const auto probe = check.probe(1s);
        host.advance(249ms);
        const bool was_patient = !check.answer(probe);
        host.advance(1ms);
        REQUIRE(check.answer(probe));
        if (check.answer(probe)->reason == sdk::Reason::refused) CHECK(was_patient);
        return *check.answer(probe);
    }
    sdk::testing::Report wait_for_push(const sdk::testing::Instance& check, std::size_t seen) {
        REQUIRE(host.run_until([&] { return check.reports().size() > seen; }));
        CHECK(check.reports()[seen].probe == sdk::unsolicited);
        return check.reports()[seen];
    }
};

}  // namespace

TEST_CASE("HAProxy that answers is up") {
    Bench bench;
    auto check = bench.start();
    const auto probe = check.probe(1s);
    const auto connection = std::make_unique<test::Connection>(bench.stats->accept());
    CHECK(connection->read() == "show info;show stat\n");
    // In pieces, as a slow one would.
    const std::string text = stats_text("", "web,FRONTEND,,OPEN,,0,\napp,s1,0,UP,1,2,\n");
    for (std::size_t at = 0; at < text.size(); at += 40) {
        REQUIRE(connection->write(text.substr(at, 40)));
        bench.host.poll_once(1s);
    }
    CHECK_FALSE(check.answer(probe));
    connection->close();
    const auto answer = bench.answer(check, probe);
    CHECK(answer.state == sdk::State::up);
    CHECK(answer.message ==
          "HAProxy 2.6.12, pid " + std::to_string(bench.master->pid()) + ", 3 sessions, 1 of 1 servers up");
    CHECK(check.watched() == 2);  // the process and the pidfile's folder
    CHECK(check.timers() == 0);
}

TEST_CASE("HAProxy that says nothing is timed out by the host, and asked afresh") {
    Bench bench;
    auto check = bench.start();
    const auto probe = check.probe(300ms);
    const auto silent = bench.stats->accept();
    bench.host.advance(300ms);
    REQUIRE(check.answer(probe));
    CHECK(check.answer(probe)->reason == sdk::Reason::timeout);
    CHECK(check.watched() == 2);
    CHECK(bench.ask(check, {stats_text()}).state == sdk::State::up);
}

TEST_CASE("an old worker is not believed, and asked once more") {
    Bench bench;
    auto check = bench.start();
    std::string stopping = stats_text();
    stopping.replace(stopping.find("Stopping: 0"), 11, "Stopping: 1");
    CHECK(bench.ask(check, {stopping, stats_text()}).state == sdk::State::up);
    CHECK(bench.ask(check, {"", stats_text()}).state == sdk::State::up);
    CHECK(bench.ask(check, {stats_text().substr(0, 60), stats_text()}).state == sdk::State::up);
    const auto answer = bench.ask(check, {stopping, stopping});
    CHECK(answer.state == sdk::State::down);
    CHECK(answer.message == "worker 4711 is stopping and none has taken its place");
    CHECK(bench.ask(check, {"", ""}).reason == sdk::Reason::reset);
    CHECK(bench.ask(check, {"", stats_text().substr(0, 60)}).message ==
          "the stats socket was closed within the answer");
}

TEST_CASE("what is not HAProxy's answer cannot be judged") {
    Bench bench;
    auto check = bench.start();
    for (const char* text : {"HTTP/1.0 400 Bad request\r\n\r\n", "Unknown command\n\n", "\n\n\n\n", "x"}) {
        const auto answer = bench.ask(check, {text});
        CHECK(answer.state == sdk::State::unknown);
        CHECK(answer.reason == sdk::Reason::protocol);
    }
}

TEST_CASE("an answer without end is given up") {
    Bench bench;
    auto check = bench.start();
    const auto probe = check.probe(1s);
    const auto connection = bench.stats->accept();
    const std::string much(8192, 'x');
    std::size_t sent = 0;
    while (!check.answer(probe) && sent < (8 << 20)) {
        while (connection.write(much))
            sent += much.size();
        bench.host.poll_once(1s);
    }
    REQUIRE(check.answer(probe));
    CHECK(check.answer(probe)->state == sdk::State::unknown);
    CHECK(check.answer(probe)->reason == sdk::Reason::protocol);
    CHECK(sent < (3 << 20));
}

TEST_CASE("nobody listens") {
    Bench bench;
    auto check = bench.start();
    CHECK(bench.ask(check, {stats_text()}).state == sdk::State::up);
    bench.stats.reset();  // the file stays
    CHECK(bench.ask_in_vain(check).reason == sdk::Reason::refused);
    std::filesystem::remove(bench.socket_path);
    CHECK(bench.ask_in_vain(check).state == sdk::State::down);
    CHECK(bench.ask_in_vain(check).reason == sdk::Reason::not_found);
}

TEST_CASE("a stats socket that was never there may be a wrong path") {
    Bench bench;
    bench.stats.reset();
    std::filesystem::remove(bench.socket_path);
    auto check = bench.start();
    const auto answer = bench.ask_in_vain(check);
    CHECK(answer.state == sdk::State::unknown);
    CHECK(answer.reason == sdk::Reason::config);
    test::write_file(bench.socket_path, "a plain file");
    CHECK(bench.ask_in_vain(check).state == sdk::State::down);
}

TEST_CASE("a stats socket that is closed to us says which group to join") {
    if (::geteuid() != 0) {
        WARN("SKIP: needs root");
        return;
    }
    Bench bench;
    constexpr gid_t daemon_group = 1;
    constexpr uid_t nobody = 65534;
    REQUIRE(::chown(bench.socket_path.c_str(), 0, daemon_group) == 0);
    REQUIRE(::chmod(bench.socket_path.c_str(), 0660) == 0);
    REQUIRE(::chmod(bench.directory.path().c_str(), 0755) == 0);
    auto check = bench.start();
    REQUIRE(::seteuid(nobody) == 0);
    const auto answer = bench.ask_in_vain(check);
    REQUIRE(::seteuid(0) == 0);
    CHECK(answer.state == sdk::State::unknown);
    CHECK(answer.reason == sdk::Reason::permission);
    CHECK(answer.message.find("open to group daemon, which the agent's user is to join") !=
          std::string::npos);
}

TEST_CASE("a full queue is waited for") {
    Bench bench;
    bench.stats = std::make_unique<StatsSocket>(bench.socket_path, 0);
    auto check = bench.start();
    std::vector<sdk::ProbeId> probes{check.probe(1s)};
    while (check.timers() == 0 && probes.size() < 8) {
        check.cancel();
        probes.push_back(check.probe(1s));
    }
    REQUIRE(check.timers() == 1);
    for (std::size_t count = 1; count < probes.size(); ++count)
        bench.stats->accept();
    bench.host.advance(20ms);
    bench.stats->answer(stats_text());
    CHECK(bench.answer(check, probes.back()).state == sdk::State::up);
}

TEST_CASE("a death is told at once, and ends the question under way") {
    Bench bench;
    auto check = bench.start();
    const auto probe = check.probe(1s);
    const auto connection = bench.stats->accept();
    bench.master->kill();
    const auto told = bench.wait_for_push(check, 0);
    CHECK(told.state == sdk::State::down);
    CHECK(told.message == "process " + std::to_string(bench.master->pid()) + " (haproxy) exited");
    CHECK(bench.answer(check, probe).reason == sdk::Reason::exited);
    // Its socket may still be there: nobody asks it.
    CHECK(bench.ask_in_vain(check).reason == sdk::Reason::exited);
    CHECK_FALSE(bench.stats->is_asked());
}

TEST_CASE("that it serves again is told without a probe") {
    Bench bench;
    auto check = bench.start();
    CHECK(bench.ask(check, {stats_text()}).state == sdk::State::up);
    bench.master.reset();
    CHECK(bench.wait_for_push(check, 1).state == sdk::State::down);
    bench.master = std::make_unique<Child>("haproxy");
    bench.names(*bench.master);
    REQUIRE(bench.host.run_until([&] { return bench.stats->is_asked(); }));
    SECTION("once its socket says so") {
        bench.stats->answer(stats_text());
        CHECK(bench.wait_for_push(check, 2).state == sdk::State::up);
    }
    SECTION("not while its socket is silent") {
        bench.host.advance(1s);
        CHECK(check.reports().size() == 2);
        CHECK(check.watched() == 2);
    }
    SECTION("not while it says that something is missing") {
        bench.stats->answer("nonsense");
        while (bench.host.poll_once(20ms)) {
        }
        CHECK(check.reports().size() == 2);
    }
    SECTION("by the answer to a probe that comes meanwhile") {
        const auto probe = check.probe(1s);
        bench.stats->accept();
        bench.stats->answer(stats_text());
        CHECK(bench.answer(check, probe).state == sdk::State::up);
        CHECK(check.reports().size() == 3);
    }
}

TEST_CASE("a pidfile that names anything else proves nothing") {
    Bench bench;
    const Child other("other");
    bench.names(other);
    auto check = bench.start();
    CHECK(bench.ask_in_vain(check).message.find("is other, not haproxy") != std::string::npos);
    CHECK_FALSE(bench.stats->is_asked());
    auto named = bench.start({{"executable", "other"}});
    CHECK(bench.ask(named, {stats_text()}).state == sdk::State::up);
}

TEST_CASE("the worker may be gone a moment before its master") {
    Bench bench;
    auto check = bench.start({{"grace", "300ms"}});
    CHECK(bench.ask(check, {stats_text()}).state == sdk::State::up);
    bench.stats.reset();
    const auto probe = check.probe(1s);
    bench.host.advance(60ms);
    CHECK_FALSE(check.answer(probe));
    bench.master.reset();
    CHECK(bench.answer(check, probe).state == sdk::State::degraded);
    bench.host.advance(200ms);
    SECTION("and be back within the grace") {
        bench.stats = std::make_unique<StatsSocket>(bench.socket_path);
        bench.master = std::make_unique<Child>("haproxy");
        bench.names(*bench.master);
        REQUIRE(bench.host.run_until([&] { return check.timers() == 0; }));
        CHECK(bench.ask(check, {stats_text()}).state == sdk::State::up);
        bench.host.advance(10s);
        CHECK(check.reports().size() == 3);
    }
    SECTION("or not") {
        bench.host.advance(100ms);
        CHECK(bench.wait_for_push(check, 2).reason == sdk::Reason::exited);
    }
}

TEST_CASE("a reload without a master may take its time to listen") {
    Bench bench;
    auto check = bench.start();
    bench.stats.reset();
    const auto probe = check.probe(1s);
    bench.host.advance(120ms);
    CHECK(check.reports().empty());
    bench.stats = std::make_unique<StatsSocket>(bench.socket_path);
    bench.host.advance(20ms);
    bench.stats->answer(stats_text());
    CHECK(bench.answer(check, probe).state == sdk::State::up);
}

TEST_CASE("the verdict comes before the deadline, however short") {
    Bench bench;
    auto check = bench.start();
    bench.stats.reset();
    const auto probe = check.probe(40ms);
    bench.host.advance(30ms);
    REQUIRE(check.answer(probe));
    CHECK(check.answer(probe)->reason == sdk::Reason::refused);
}

TEST_CASE("what is demanded is blamed where it is wrong") {
    const auto blamed = [](sdk::testing::Settings settings) -> std::string {
        sdk::testing::FakeHost host;
        settings.push_back({"stats_socket", "/run/haproxy/admin.sock"});
        try {
            host.create(type, settings);
        } catch (const sdk::testing::Refused& refusal) {
            return refusal.param;
        }
        return "nothing";
    };
    CHECK(blamed({{"pidfile", "/a"}}) == "nothing");
    CHECK(blamed({}) == "pidfile");
    CHECK(blamed({{"pidfile", "/a"}, {"unit", "haproxy"}}) == "unit");
    CHECK(blamed({{"unit", "a b"}}) == "unit");
    CHECK(blamed({{"unit", "haproxy"}}) == "nothing");
    CHECK(blamed({{"unit", "haproxy"}, {"executable", "haproxy"}}) == "executable");
    CHECK(blamed({{"pidfile", "/a"}, {"executable", ""}}) == "executable");
    CHECK(blamed({{"pidfile", "/a"}, {"min_servers", {"web:1", "web"}}}) == "min_servers");
    CHECK(blamed({{"pidfile", "/a"}, {"min_servers_state", "up"}}) == "min_servers_state");
    sdk::testing::FakeHost host;
    CHECK_THROWS_AS(host.create(type, {{"pidfile", "/a"}}), sdk::testing::Refused);
    CHECK_THROWS_AS(host.create(type, {{"pidfile", "/a"}, {"stats_socket", "/" + std::string(107, 'a')}}),
                    sdk::testing::Refused);
    CHECK_NOTHROW(host.create(type, {{"pidfile", "/a"}, {"stats_socket", "/" + std::string(106, 'a')}}));
}

TEST_CASE("nothing is left open after many questions") {
    Bench bench;
    auto check = bench.start();
    CHECK(bench.ask(check, {stats_text()}).state == sdk::State::up);
    const std::size_t before = test::open_descriptors();
    for (int round = 0; round < 100; ++round) {
        bench.ask(check, {round % 3 == 0 ? "x" : stats_text()});
        check.probe(1s);
        check.cancel();
        bench.stats->accept();
    }
    CHECK(test::open_descriptors() == before);
}
