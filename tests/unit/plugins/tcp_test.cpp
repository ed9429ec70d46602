// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <sys/resource.h>

#include "plugins/support/socket_error.hpp"
#include "plugins/tcp/tcp_check.hpp"
#include "regent/testing.hpp"
#include "tests/unit/plugins/stopwatch.hpp"
#include "tests/unit/plugins/tcp_server.hpp"

using namespace std::chrono_literals;
using namespace regent;
using namespace regent::sdk;
using plugins::Descriptor;
using plugins::tcp::TcpCheck;
using sdk::testing::FakeHost;
using sdk::testing::Refused;
using sdk::testing::Settings;
using test::received;
using test::reset;
using test::say;
using test::Server;

namespace {

struct Bench {
    FakeHost host;
    sdk::testing::Instance check;

    Bench(std::uint16_t port, Settings settings = {}, const std::string& address = "127.0.0.1")
        : check(host.create(sdk::check<TcpCheck>, with(std::move(settings), address, port))) {
        check.start();
    }
    ~Bench() {
        check.destroy();
        CHECK(host.violations() == std::vector<std::string>{});
    }
    static Settings with(Settings settings, const std::string& address, std::uint16_t port) {
        settings.push_back({"host", address});
        settings.push_back({"port", port});
        return settings;
    }
    sdk::testing::Report answer(ProbeId probe) {
        REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
        return *check.answer(probe);
    }
    sdk::testing::Report ask() { return answer(check.probe()); }
    /// The report that nobody asked for.
    sdk::testing::Report push() {
        const auto pushes = [&] {
            std::vector<sdk::testing::Report> found;
            for (const auto& report : check.reports()) {
                if (report.probe == unsolicited) found.push_back(report);
            }
            return found;
        };
        REQUIRE(host.run_until([&] { return !pushes().empty(); }));
        return pushes().back();
    }
};

std::string refusal(const Settings& settings) {
    FakeHost host;
    try {
        (void)host.create(sdk::check<TcpCheck>, settings);
    } catch (const Refused& refused) {
        return refused.param + ": " + refused.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("tcp: a port that accepts is UP, and nothing stays open") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    for (const char* const address : {"127.0.0.1", "::1"}) {
        const Server server(address);
        Bench bench(server.port(), {}, address);
        const auto report = bench.ask();
        CHECK(report.state == State::up);
        CHECK(report.metrics.size() == 1);
        CHECK(bench.check.watched() == 0);
        CHECK(received(server.accept()).empty());
    }
}

TEST_CASE("tcp: nobody listens") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    Bench bench(9, {});
    const auto report = bench.ask();
    CHECK(report.state == State::down);
    CHECK(report.reason == Reason::refused);
    CHECK(report.detail_code == ECONNREFUSED);
    CHECK(report.message == "127.0.0.1 port 9: Connection refused");
}

TEST_CASE("tcp: a connection that leads to itself is no server") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    // Two ports are all that the kernel may choose from, and it prefers the even one for connect().
    platform::test::run("echo '40000 40001' > /proc/sys/net/ipv4/ip_local_port_range");
    for (const std::uint16_t port : {std::uint16_t{40000}, std::uint16_t{40001}}) {
        Bench bench(port);
        CHECK(bench.ask().reason == Reason::refused);
    }
}

TEST_CASE("tcp: no way there") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    Bench no_route(80, {}, "192.0.2.1");
    CHECK(no_route.ask().reason == Reason::unreachable);
    platform::test::run("ip route add unreachable 192.0.2.2");
    Bench refused_route(80, {}, "192.0.2.2");
    const auto report = refused_route.ask();
    CHECK(report.state == State::down);
    CHECK(report.reason == Reason::unreachable);
}

TEST_CASE("tcp: a firewall on the way that forbids it is no rule of this machine") {
    REQUIRE_NETWORK();
    const platform::test::Cable cable;
    platform::test::forbid_on_the_way(cable);
    Bench bench(80, {}, "2001:db8:7::1");
    const auto report = bench.ask();
    CHECK(report.state == State::down);
    CHECK(report.reason == Reason::unreachable);
}

TEST_CASE("tcp: whatever ICMP says of the way there is no fault of this machine") {
    // Of net/ipv4/icmp.c, icmp_err_convert[], and EPROTO of a parameter problem: REJECT of a firewall may
    // say any of them.
    for (const int error : {ENETUNREACH, EHOSTUNREACH, ENOPROTOOPT, EOPNOTSUPP, EHOSTDOWN, ENONET, EPROTO}) {
        const auto verdict = plugins::socket_verdict(error, "why");
        CAPTURE(error);
        CHECK(verdict.state == State::down);
        CHECK(verdict.reason == Reason::unreachable);
    }
}

TEST_CASE("tcp: what this machine forbids or lacks is not the peer's fault") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    Bench elsewhere(server.port(), {{"source", "192.0.2.9"}});
    const auto report = elsewhere.ask();
    CHECK(report.state == State::unknown);
    CHECK(report.reason == Reason::config);
    platform::test::run("ip route add prohibit 192.0.2.2");
    Bench forbidden(80, {}, "192.0.2.2");
    CHECK(forbidden.ask().state == State::unknown);
    CHECK(forbidden.ask().reason == Reason::permission);
}

TEST_CASE("tcp: connects from the source address") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server("0.0.0.0");
    Bench bench(server.port(), {{"source", "127.0.0.7"}});
    CHECK(bench.ask().state == State::up);
    const Descriptor connection = server.accept();
    plugins::SocketAddress from;
    from.size = sizeof from.v6;
    REQUIRE(::getpeername(connection.get(), &from.any, &from.size) == 0);
    CHECK(from.same_host(*plugins::socket_address("127.0.0.7")));
}

TEST_CASE("tcp: a host that does not answer runs into the deadline") {
    REQUIRE_NETWORK();
    const platform::test::Cable cable;
    Bench bench(80, {}, "192.0.2.77");
    const auto probe = bench.check.probe(300ms);
    bench.host.poll_once();
    CHECK(bench.check.watched() == 1);
    bench.host.advance(300ms);
    CHECK(bench.answer(probe).by_host);
    CHECK(bench.check.watched() == 0);
}

TEST_CASE("tcp: a host on the network") {
    REQUIRE_NETWORK();
    const platform::test::Cable cable;
    cable.right.enter();
    const Server server("192.0.2.2");
    cable.left.enter();
    Bench bench(server.port(), {}, "192.0.2.2");
    CHECK(bench.ask().state == State::up);
    Bench closed(9, {}, "192.0.2.2");
    CHECK(closed.ask().reason == Reason::refused);
}

TEST_CASE("tcp: the answer comes in pieces") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    Bench bench(server.port(), {{"send", "PING\r\n"}, {"expect_hex", "2b 50 4f 4e 47"}});
    const auto probe = bench.check.probe();
    const Descriptor connection = server.accept();
    CHECK(received(connection) == "PING\r\n");
    for (const char letter : std::string("+PON")) {
        say(connection, std::string(1, letter));
        REQUIRE(bench.host.poll_once(5000ms));
        CHECK_FALSE(bench.check.answer(probe));
    }
    say(connection, "G\r\n");
    CHECK(bench.answer(probe).state == State::up);
}

TEST_CASE("tcp: another answer") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    Bench bench(server.port(), {{"expect", "220 "}});
    const auto probe = bench.check.probe();
    const Descriptor connection = server.accept();
    say(connection, "22");
    say(connection, "1\x01\xff");
    const auto report = bench.answer(probe);
    CHECK(report.state == State::down);
    CHECK(report.reason == Reason::protocol);
    CHECK_THAT(report.message, Catch::Contains("the answer is \"22"));
    CHECK(bench.check.watched() == 0);
}

TEST_CASE("tcp: closed, or reset, instead of an answer") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    Bench bench(server.port(), {{"send", "x"}, {"expect", "220 "}});
    const auto closed = bench.check.probe();
    {
        const Descriptor connection = server.accept();
        say(connection, "22");
        CHECK(received(connection) == "x");
    }
    CHECK(bench.answer(closed).reason == Reason::protocol);
    const auto torn = bench.check.probe();
    Descriptor connection = server.accept();
    reset(connection);
    const auto report = bench.answer(torn);
    CHECK(report.state == State::down);
    CHECK(report.reason == Reason::reset);
}

TEST_CASE("tcp: a peer that never reads blocks nobody, and one that never answers runs into the deadline") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    platform::test::run("echo '4096 4096 4096' > /proc/sys/net/ipv4/tcp_rmem");
    platform::test::run("echo '4096 4096 4096' > /proc/sys/net/ipv4/tcp_wmem");
    const Server server;
    Bench bench(server.port(), {{"send", std::string(4096, 'x')}, {"expect", "y"}});
    const auto probe = bench.check.probe(1s);
    const Descriptor connection = server.accept();
    bench.host.poll_once();
    bench.host.advance(1s);
    CHECK(bench.answer(probe).by_host);
    CHECK(bench.check.watched() == 0);
}

TEST_CASE("tcp: a kept connection is used again, and its loss is told at once") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    for (const bool in_good_order : {true, false}) {
        Bench bench(server.port(), {{"keep", true}});
        CHECK(bench.ask().state == State::up);
        Descriptor connection = server.accept();
        CHECK(bench.ask().state == State::up);
        CHECK_FALSE(server.has_caller());
        CHECK(bench.check.watched() == 1);
        in_good_order ? connection.reset() : reset(connection);
        const auto report = bench.push();
        CHECK(report.state == State::down);
        CHECK(report.reason == Reason::reset);
        CHECK_THAT(report.message, Catch::Contains("the kept connection is gone"));
        CHECK(bench.check.watched() == 0);
        CHECK(bench.ask().state == State::up);
        CHECK(server.has_caller());
        (void)server.accept();
        CHECK_THAT(bench.check.describe(), Catch::Contains("\"connects\":2,\"losses\":1"));
    }
}

TEST_CASE("tcp: dialogues over a kept connection") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    Bench bench(server.port(), {{"keep", true}, {"send", "a"}, {"expect", "b"}});
    auto probe = bench.check.probe();
    Descriptor connection = server.accept();
    for (int round = 0; round < 3; ++round) {
        CHECK(received(connection) == "a");
        // More than was expected: it must not be taken for the next answer.
        say(connection, "b and more");
        CHECK(bench.answer(probe).state == State::up);
        CHECK_FALSE(server.has_caller());
        probe = bench.check.probe();
    }
    CHECK(received(connection) == "a");
    // A server that restarts while it is asked: a new connection is to judge.
    connection.reset();
    bench.host.poll_once(5000ms);
    connection = server.accept();
    CHECK(received(connection) == "a");
    say(connection, "b");
    CHECK(bench.answer(probe).state == State::up);
    for (const auto& report : bench.check.reports())
        CHECK(report.probe != unsolicited);
}

TEST_CASE("tcp: the late rest of an answer is not taken for the next one") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    Bench bench(server.port(), {{"keep", true}, {"send", "a"}, {"expect", "b"}});
    auto probe = bench.check.probe();
    const Descriptor connection = server.accept();
    CHECK(received(connection) == "a");
    say(connection, "b");
    CHECK(bench.answer(probe).state == State::up);
    probe = bench.check.probe();
    say(connection, " and more");
    bench.host.poll_once(5000ms);
    const Descriptor anew = server.accept();
    CHECK(received(anew) == "a");
    SECTION("a new connection is good") {
        say(anew, "b");
        CHECK(bench.answer(probe).state == State::up);
    }
    SECTION("or is not") {
        say(anew, "no");
        CHECK(bench.answer(probe).reason == Reason::protocol);
    }
}

TEST_CASE("tcp: gone between two looks, before the host told so") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    auto server = std::make_unique<Server>();
    const auto port = server->port();
    Bench bench(port, {{"keep", true}});
    CHECK(bench.ask().state == State::up);
    server->accept().reset();
    server.reset();
    const auto report = bench.ask();
    CHECK(report.state == State::down);
    CHECK(report.reason == Reason::refused);
}

TEST_CASE("tcp: a cancelled dialogue takes the kept connection with it") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    Bench bench(server.port(), {{"keep", true}, {"send", "a"}, {"expect", "b"}});
    const auto probe = bench.check.probe();
    const Descriptor connection = server.accept();
    CHECK(received(connection) == "a");
    say(connection, "b");
    CHECK(bench.answer(probe).state == State::up);
    const auto silent = bench.check.probe(1s);
    CHECK(received(connection) == "a");
    bench.host.advance(1s);
    CHECK(bench.answer(silent).by_host);
    CHECK(received(connection).empty());
}

TEST_CASE("tcp: a kept connection that talks without end is given up") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    Bench bench(server.port(), {{"keep", true}});
    CHECK(bench.ask().state == State::up);
    const Descriptor connection = server.accept();
    const std::string much(4096, 'x');
    REQUIRE(bench.host.run_until([&] {
        (void)::send(connection.get(), much.data(), much.size(), MSG_NOSIGNAL);
        return bench.check.watched() == 0;
    }));
    REQUIRE(bench.check.logs().size() == 1);
    CHECK(bench.check.reports().size() == 1);
    CHECK(bench.ask().state == State::up);
}

TEST_CASE("tcp: no descriptor is left") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    Bench bench(server.port());
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto probe = bench.check.probe();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    const auto report = bench.answer(probe);
    CHECK(report.state == State::unknown);
    CHECK(report.reason == Reason::resource);
    CHECK(bench.ask().state == State::up);
}

TEST_CASE("tcp: parameters that make no sense are refused by name") {
    const auto with = [](Settings settings) {
        settings.push_back({"host", "127.0.0.1"});
        settings.push_back({"port", 80});
        return refusal(settings);
    };
    CHECK(with({}) == "accepted");
    CHECK_THAT(with({{"send", "a"}, {"send_hex", "41"}}),
               Catch::StartsWith("send_hex: send says it already"));
    CHECK_THAT(with({{"expect_hex", "4"}}), Catch::StartsWith("expect_hex: must be pairs"));
    CHECK_THAT(with({{"send", std::string(4097, 'x')}}), Catch::StartsWith("send: "));
    CHECK_THAT(with({{"source", "::1"}}), Catch::StartsWith("source: must be of the same family"));
    CHECK_THAT(refusal({{"host", "fe80::1"}, {"port", 80}}), Catch::StartsWith("host: is a link-local"));
    CHECK_THAT(refusal({{"host", "localhost"}, {"port", 80}}), Catch::StartsWith("host: "));
}

TEST_CASE("tcp: what a probe costs") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    const Server server;
    // Few probes an instance: the fake host copies all that was reported whenever it is asked.
    const auto cost = [&](bool keep) {
        constexpr int rounds = 100;
        constexpr int probes = 20;
        std::vector<double> spent;
        test::Stopwatch watch;
        for (int round = 0; round < rounds; ++round) {
            Bench bench(server.port(), {{"keep", keep}});
            if (keep) CHECK(bench.ask().state == State::up);
            for (int count = 0; count < probes; ++count) {
                watch.start();
                const auto probe = bench.check.probe();
                if (!bench.check.answer(probe)) CHECK(bench.answer(probe).state == State::up);
                spent.push_back(watch.microseconds());
            }
            while (server.has_caller())
                (void)server.accept();
        }
        std::sort(spent.begin(), spent.end());
        return spent[spent.size() / 2];
    };
    const double fresh = cost(false);
    const double kept = cost(true);
    std::printf("tcp: median %.1f us a probe, %.1f us over a kept connection (bound 500)\n", fresh, kept);
    CHECK(fresh < 500);
    CHECK(kept < 500);
}
