// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <tuple>

#include "plugins/rmi/rmi_check.hpp"
#include "regent/testing.hpp"
#include "tests/unit/plugins/rmi_fixtures.hpp"
#include "tests/unit/plugins/stopwatch.hpp"
#include "tests/unit/plugins/tcp_server.hpp"

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using namespace regent;
using namespace regent::sdk;
using plugins::Descriptor;
using plugins::rmi::RmiCheck;
using sdk::testing::FakeHost;
using sdk::testing::Refused;
using sdk::testing::Settings;
using test::Server;
namespace fixture = regent::test::rmi;

namespace {

/// The other end does not have all of it yet: loopback, too, may take its time.
bool is_under_way(int socket) {
    int unacknowledged = 0;
    tcp_info info{};
    socklen_t size = sizeof info;
    return (::ioctl(socket, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged > 0) ||
           (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
            info.tcpi_state == TCP_SYN_SENT);
}

/// A server of which the test says what it answers to each message. Nothing is an end of the connection.
class Script {
  public:
    using Answer = std::function<std::optional<std::string>(const std::string&)>;

    explicit Script(Answer answer) : answer_(std::move(answer)), server_(std::make_unique<Server>()) {}

    std::uint16_t port() const { return port_; }
    /// Takes who calls and answers who asks. Whether there was something to do.
    bool turn() {
        const auto before = std::tuple(callers, heard.size(), open());
        while (server_ && server_->has_caller()) {
            connections_.push_back(server_->accept());
            ++callers;
        }
        std::erase_if(connections_, [this](Descriptor& one) { return !serve(one); });
        return before != std::tuple(callers, heard.size(), open());
    }
    /// Closes everything, as the end of a process does; with RST if it is `torn`.
    void die(bool torn = false) {
        server_.reset();
        hang_up(torn);
    }
    void hang_up(bool torn = false) {
        for (Descriptor& one : connections_) {
            if (torn) test::reset(one);
        }
        connections_.clear();
    }
    void say(const std::string& text) {
        for (const Descriptor& one : connections_)
            test::say(one, text);
    }
    void change(Answer answer) { answer_ = std::move(answer); }
    std::size_t open() const { return connections_.size(); }
    bool is_sending() const {
        return std::any_of(connections_.begin(), connections_.end(),
                           [](const Descriptor& one) { return is_under_way(one.get()); });
    }

    int callers = 0;
    std::vector<std::string> heard;

  private:
    bool serve(const Descriptor& one) {
        std::array<char, 8192> part{};
        const ssize_t size = ::recv(one.get(), part.data(), part.size(), MSG_DONTWAIT);
        if (size < 0) return errno == EAGAIN;
        if (size == 0) return false;
        heard.emplace_back(part.data(), static_cast<std::size_t>(size));
        const auto text = answer_(heard.back());
        if (!text) return false;
        return ::send(one.get(), text->data(), text->size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
    }

    Answer answer_;
    std::unique_ptr<Server> server_;
    std::uint16_t port_ = server_->port();
    std::vector<Descriptor> connections_;
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// As a JVM with a registry; `reply` is what a lookup gets.
Script::Answer java(const std::string& reply = fixture::bound) {
    return [reply](const std::string& asked) -> std::optional<std::string> {
        if (asked.starts_with('\x54')) return std::nullopt;  // acknowledged: the client is done
        const bool is_stream = has(asked, "JRMI\x00\x02\x4b"sv);
        return (is_stream ? fixture::acknowledged : "") +
               (has(asked, "\x50\xac\xed"sv) ? reply : fixture::pong);
    };
}

Script::Answer always(const std::optional<std::string>& text) {
    return [text](const std::string&) { return text; };
}

struct Bench {
    Script& script;
    FakeHost host;
    sdk::testing::Instance check;

    explicit Bench(Script& server, Settings settings = {})
        : script(server), check(host.create(sdk::check<RmiCheck>, with(std::move(settings), server.port()))) {
        check.start();
    }
    ~Bench() {
        check.destroy();
        CHECK(host.violations() == std::vector<std::string>{});
    }
    static Settings with(Settings settings, std::uint16_t port) {
        settings.push_back({"host", "127.0.0.1"});
        settings.push_back({"port", port});
        return settings;
    }
    template <class Predicate>
    bool until(const Predicate& done) {
        const auto end = std::chrono::steady_clock::now() + 5s;
        while (!done() && std::chrono::steady_clock::now() < end) {
            script.turn();
            host.poll_once(1ms);
        }
        return done();
    }
    sdk::testing::Report answer(ProbeId probe) {
        REQUIRE(until([&] { return check.answer(probe).has_value(); }));
        return *check.answer(probe);
    }
    sdk::testing::Report ask() { return answer(check.probe()); }
    std::vector<sdk::testing::Report> pushes() const {
        std::vector<sdk::testing::Report> found;
        for (const auto& report : check.reports()) {
            if (report.probe == unsolicited) found.push_back(report);
        }
        return found;
    }
    sdk::testing::Report push() {
        REQUIRE(until([&] { return !pushes().empty(); }));
        return pushes().back();
    }
    /// Everything that is on its way has come and been answered.
    void settle() {
        REQUIRE(until([&] { return !is_anything_under_way() && !script.turn() && !host.poll_once(); }));
    }
    bool is_anything_under_way() const {
        const auto watching = check.watching();
        return script.is_sending() || std::any_of(watching.begin(), watching.end(),
                                                  [](const auto& each) { return is_under_way(each.first); });
    }
    std::string where() const { return "127.0.0.1 port " + std::to_string(script.port()) + ": "; }
};

const Settings one_name{{"names", std::vector<std::string>{"trazaServ"}}};

Settings operator+(Settings settings, const Settings& more) {
    settings.insert(settings.end(), more.begin(), more.end());
    return settings;
}

std::string refusal(const Settings& settings) {
    FakeHost host;
    try {
        (void)host.create(sdk::check<RmiCheck>, Bench::with(settings, 9001));
    } catch (const Refused& refused) {
        return refused.param + ": " + refused.what();
    }
    return "accepted";
}

#define BENCH_NETWORK() \
    REQUIRE_NETWORK();  \
    const platform::test::Namespace network

}  // namespace

TEST_CASE("rmi: a ping over a connection that is kept") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script);
    const auto first = bench.ask();
    CHECK(first.state == State::up);
    CHECK(first.message == bench.where() + "answers the ping");
    REQUIRE(first.metrics.size() == 2);
    CHECK(first.metrics[0].name == "ping_seconds");
    CHECK(bench.check.watched() == 1);
    CHECK(bench.check.timers() == 0);
    const auto second = bench.ask();
    CHECK(second.state == State::up);
    CHECK(second.metrics.size() == 1);
    CHECK(script.callers == 1);
    CHECK(script.heard == std::vector<std::string>{fixture::bytes("4a524d4900024b000000000000"
                                                                  "52"),
                                                   "\x52"});
}

TEST_CASE("rmi: a connection for each message, and nothing stays open") {
    BENCH_NETWORK();
    for (const bool single : {true, false}) {
        Script script(java());
        Bench bench(script, single ? Settings{{"protocol", "single"}} : Settings{{"keep", false}});
        CHECK(bench.ask().state == State::up);
        CHECK(bench.ask().state == State::up);
        CHECK(script.callers == 2);
        CHECK(bench.check.watched() == 0);
        CHECK(script.heard.front() ==
              fixture::bytes(single ? "4a524d4900024c52" : "4a524d4900024b00000000000052"));
    }
}

TEST_CASE("rmi: names are looked up, and the server is told that its replies have come") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script, {{"names", std::vector<std::string>{"trazaServ", "b"}}});
    const auto report = bench.ask();
    CHECK(report.state == State::up);
    CHECK(report.message == bench.where() + "answers the ping, 2 names are bound");
    CHECK(script.callers == 3);
    // The client has closed what it said so over.
    REQUIRE(bench.until([&] { return script.open() == 1; }));
    REQUIRE(script.heard.size() == 5);
    CHECK(script.heard[1] == fixture::bytes("4a524d4900024b000000000000") + fixture::lookup_request);
    CHECK(script.heard[2] == "\x54" + fixture::uid);
    CHECK(bench.check.watched() == 1);
}

TEST_CASE("rmi: names by the single-op protocol") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script, one_name + Settings{{"protocol", "single"}});
    CHECK(bench.ask().state == State::up);
    CHECK(script.heard ==
          std::vector<std::string>{fixture::bytes("4a524d4900024c52"),
                                   fixture::bytes("4a524d4900024c") + fixture::lookup_request});
}

TEST_CASE("rmi: a name that is not bound any more") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script, one_name);
    CHECK(bench.ask().state == State::up);
    script.change(java(fixture::unbound));
    const auto report = bench.ask();
    CHECK(report.state == State::down);
    CHECK(report.reason == Reason::not_found);
    CHECK(report.message == bench.where() + "\"trazaServ\" is not bound in the registry");
    CHECK(bench.check.watched() == 1);
    script.change(java());
    CHECK(bench.ask().state == State::up);
    CHECK(bench.pushes().empty());
}

TEST_CASE("rmi: the port of an object, another object, a stub that leads past the VIP") {
    BENCH_NETWORK();
    Script object(java(fixture::no_registry));
    Bench port(object, one_name);
    CHECK_THAT(port.ask().message, Catch::Contains("no registry"));
    Script script(java());
    Bench other(script, one_name + Settings{{"interfaces", std::vector<std::string>{"Farhos$Login"}}});
    CHECK(other.ask().reason == Reason::not_found);
    Bench stub(script, one_name + Settings{{"stub_host", "10.0.2.210"}, {"stub_port", 9002}});
    const auto report = stub.ask();
    CHECK(report.state == State::degraded);
    CHECK(report.reason == Reason::config);
    CHECK_THAT(report.message, Catch::Contains("sends clients to 127.0.0.1 port 9002, past 10.0.2.210"));
}

TEST_CASE("rmi: the death of the server is told at once") {
    BENCH_NETWORK();
    for (const bool torn : {false, true}) {
        Script script(java());
        Bench bench(script, one_name);
        CHECK(bench.ask().state == State::up);
        bench.settle();
        script.die(torn);
        const auto report = bench.push();
        CHECK(report.state == State::down);
        CHECK(report.reason == Reason::refused);
        CHECK(report.message == bench.where() + "the kept connection is gone (" +
                                    (torn ? "Connection reset by peer" : "closed by the peer") +
                                    "), and of a new one: Connection refused");
        CHECK(bench.check.watched() == 0);
        CHECK(bench.check.timers() == 0);
        CHECK(bench.ask().reason == Reason::refused);
        CHECK(bench.pushes().size() == 1);
    }
}

TEST_CASE("rmi: a server that only closed the connection is not dead") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script, one_name);
    CHECK(bench.ask().state == State::up);
    bench.settle();
    script.hang_up();
    REQUIRE(bench.until([&] { return !bench.check.logs().empty(); }));
    bench.settle();
    CHECK(bench.pushes().empty());
    CHECK(script.open() == 1);
    CHECK(script.callers == 3);
    CHECK_THAT(bench.check.describe(), Catch::Contains("\"kept\":true"));
    // And it is watched as the one before.
    script.die();
    CHECK(bench.push().reason == Reason::refused);
}

TEST_CASE("rmi: a lost connection whose successor is slow to answer is left to the next probe") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script);
    CHECK(bench.ask().state == State::up);
    script.change(always(""));
    script.hang_up();
    REQUIRE(bench.until([&] { return script.callers == 2; }));
    bench.host.advance(29ms);
    CHECK(bench.check.logs().empty());
    bench.host.advance(1ms);
    REQUIRE(bench.check.logs().size() == 1);
    CHECK(bench.check.logs().front().level == Level::info);
    CHECK(bench.check.logs().front().text ==
          bench.where() +
              "the kept connection was lost (closed by the peer), and of a new one: it does not "
              "answer within 30 ms; the next probe decides");
    bench.host.advance(100ms);
    CHECK(bench.pushes().empty());
    CHECK(bench.check.timers() == 0);
    CHECK(bench.check.watched() == 0);
    script.change(java());
    CHECK(bench.ask().state == State::up);
    CHECK(bench.check.watched() == 1);
}

TEST_CASE("rmi: after a lost connection a ping is enough, names are left to the next probe") {
    BENCH_NETWORK();
    const auto slow_registry = [](const std::string& asked) {
        return has(asked, "\x50\xac\xed"sv) ? std::optional(std::string()) : java()(asked);
    };
    for (const Script::Answer& answer : {Script::Answer(slow_registry), java(fixture::unbound)}) {
        Script script(java());
        Bench bench(script, one_name);
        CHECK(bench.ask().state == State::up);
        bench.settle();
        script.change(answer);
        script.hang_up();
        REQUIRE(bench.until([&] { return script.callers == 3; }));
        bench.settle();
        bench.host.advance(100ms);
        CHECK(script.callers == 3);
        CHECK(bench.pushes().empty());
        CHECK_THAT(bench.check.describe(), Catch::Contains("\"round\":\"none\",\"kept\":true"));
    }
}

TEST_CASE("rmi: a lost connection in whose place something else answers is told at once") {
    BENCH_NETWORK();
    // Nothing is what a forwarder says that takes connections for a process that is dead.
    for (const auto& answer : {std::optional<std::string>(), std::optional<std::string>("220 mail\r\n")}) {
        Script script(java());
        Bench bench(script);
        CHECK(bench.ask().state == State::up);
        script.change(always(answer));
        script.hang_up();
        CHECK(bench.push().reason == Reason::protocol);
    }
}

TEST_CASE("rmi: a server that closes again and again is asked no more until the next probe") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script);
    CHECK(bench.ask().state == State::up);
    REQUIRE(bench.until([&] {
        if (script.open() > 0 && script.heard.size() == static_cast<std::size_t>(script.callers))
            script.hang_up();
        return bench.check.watched() == 0;
    }));
    CHECK(script.callers == 9);
    CHECK_THAT(bench.check.logs().back().text, Catch::EndsWith("for it closes again and again"));
    CHECK(bench.pushes().empty());
    CHECK(bench.ask().state == State::up);
    CHECK(bench.check.watched() == 1);
}

TEST_CASE("rmi: a probe finds the kept connection gone before the host told so") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script);
    CHECK(bench.ask().state == State::up);
    script.hang_up(true);
    CHECK(bench.ask().state == State::up);
    CHECK(script.callers == 2);
    script.die(true);
    const auto report = bench.ask();
    CHECK(report.state == State::down);
    CHECK(report.reason == Reason::refused);
    CHECK(report.message == bench.where() +
                                "the kept connection is gone (Connection reset by peer), and of a new one: "
                                "Connection refused");
    CHECK(bench.pushes().empty());
    CHECK(bench.ask().message == bench.where() + "Connection refused");
}

TEST_CASE("rmi: a server that dies during a verification that a probe takes the place of") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script);
    CHECK(bench.ask().state == State::up);
    script.change(always(""));
    script.hang_up();
    REQUIRE(bench.until([&] { return script.callers == 2; }));
    script.die();
    const auto report = bench.ask();
    CHECK(report.state == State::down);
    CHECK(report.message == bench.where() +
                                "the kept connection is gone (closed by the peer), and of a new one: "
                                "Connection refused");
}

TEST_CASE("rmi: a server that dies while it is asked for a name") {
    BENCH_NETWORK();
    const auto slow_registry = [](const std::string& asked) {
        return has(asked, "\x50\xac\xed"sv) ? std::optional(std::string()) : java()(asked);
    };
    Script script(slow_registry);
    Bench bench(script, one_name);
    const auto probe = bench.check.probe();
    REQUIRE(bench.until([&] { return script.callers == 2; }));
    bench.settle();
    script.die(true);
    const auto report = bench.answer(probe);
    CHECK(report.state == State::down);
    CHECK_THAT(report.message, Catch::Contains("the kept connection is gone (Connection reset by peer), and "
                                               "of a new one: asked for \"trazaServ\": "));
    bench.settle();
    CHECK(bench.pushes().empty());
    CHECK(bench.check.timers() == 0);
}

TEST_CASE("rmi: a probe takes the place of a verification under way") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script);
    CHECK(bench.ask().state == State::up);
    script.change(always(""));
    script.hang_up();
    REQUIRE(bench.until([&] { return script.callers == 2; }));
    const auto probe = bench.check.probe();
    script.change(java());
    CHECK(bench.answer(probe).state == State::up);
    bench.host.advance(100ms);
    CHECK(bench.pushes().empty());
}

TEST_CASE("rmi: a server that hangs is DOWN before the deadline, with a word of what it did not do") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script, one_name);
    CHECK(bench.ask().state == State::up);
    const auto hung = [&](const Script::Answer& answer) {
        script.change(answer);
        const auto probe = bench.check.probe(1s);
        bench.settle();
        bench.host.advance(940ms);
        CHECK_FALSE(bench.check.answer(probe));
        bench.host.advance(20ms);
        const auto report = bench.answer(probe);
        CHECK_FALSE(report.by_host);
        CHECK(report.state == State::down);
        CHECK(report.reason == Reason::timeout);
        CHECK(bench.check.timers() == 0);
        return report.message.substr(bench.where().size());
    };
    // Over the kept connection, and then over new ones.
    CHECK(hung(always("")) == "it does not answer within 950 ms");
    CHECK(hung(always("")) == "it does not answer within 950 ms");
    CHECK(hung(always(fixture::acknowledged.substr(0, 7))) == "it stops within its answer within 950 ms");
    const auto no_registry = [](const std::string& asked) {
        return has(asked, "\x50\xac\xed"sv) ? std::optional(std::string()) : java()(asked);
    };
    CHECK(hung(no_registry) == "asked for \"trazaServ\", it does not answer within 950 ms");
    script.change(java());
    CHECK(bench.ask().state == State::up);
}

TEST_CASE("rmi: no way there, nobody listens, no descriptor") {
    BENCH_NETWORK();
    FakeHost host;
    const auto ask = [&](const char* address, std::uint16_t port) {
        auto check = host.create(sdk::check<RmiCheck>, {{"host", address}, {"port", port}});
        check.start();
        const auto probe = check.probe();
        REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
        return *check.answer(probe);
    };
    CHECK(ask("127.0.0.1", 9).reason == Reason::refused);
    CHECK(ask("192.0.2.1", 9).reason == Reason::unreachable);
    CHECK(host.violations().empty());
    Script script(java());
    Bench bench(script);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto probe = bench.check.probe();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(bench.answer(probe).state == State::unknown);
    CHECK(bench.ask().state == State::up);
}

TEST_CASE("rmi: garbage, half an answer, an end, another protocol") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script, one_name);
    const auto wrong = [&](const Script::Answer& answer) {
        script.change(answer);
        const auto report = bench.ask();
        CHECK(report.state == State::down);
        CHECK(report.reason == Reason::protocol);
        CHECK(bench.check.timers() == 0);
        return report.message.substr(bench.where().size());
    };
    CHECK(wrong(always("220 mail.example.org ESMTP\r\n")) ==
          "it answers \"220 mail.example.org ESM...\": no RMI server");
    CHECK(wrong(always("\x4f")) == "it does not support this protocol of RMI");
    CHECK(wrong(always(std::nullopt)) == "it closes the connection without a word");
    CHECK(wrong(always(fixture::acknowledged + fixture::pong + "more")) == "it says more than it was asked");
    const auto reply = [](const std::string& text) { return java(text); };
    CHECK(wrong(reply("HTTP/1.0")) ==
          "asked for \"trazaServ\", it answers the lookup with \"HTTP/1.0\": no RMI registry");
    CHECK(wrong(reply(fixture::bound.substr(0, 22) + std::string(100000, '\x77'))) ==
          "asked for \"trazaServ\", it answers the lookup with something that is no object");
    CHECK(wrong(reply(fixture::bound.substr(0, 60) + std::string(200000, '\x77'))) ==
          "asked for \"trazaServ\", it answers without end");
    script.change(always(fixture::acknowledged.substr(0, 7)));
    const auto probe = bench.check.probe();
    bench.settle();
    script.hang_up();
    CHECK(bench.answer(probe).message == bench.where() + "it closes the connection within its answer");
    script.change(java());
    CHECK(bench.ask().state == State::up);
}

TEST_CASE("rmi: a kept connection over which somebody talks is not kept") {
    BENCH_NETWORK();
    Script script(java());
    Bench bench(script);
    CHECK(bench.ask().state == State::up);
    script.say(fixture::pong);
    REQUIRE(bench.until([&] { return script.callers == 2 && script.open() == 1; }));
    bench.settle();
    CHECK(bench.pushes().empty());
    CHECK_THAT(bench.check.describe(), Catch::Contains("\"kept\":true"));
}

TEST_CASE("rmi: given up by the host, at any point") {
    BENCH_NETWORK();
    for (int turns = 0; turns < 8; ++turns) {
        Script script(java());
        Bench bench(script, one_name);
        const auto probe = bench.check.probe();
        for (int turn = 0; turn < turns; ++turn) {
            script.turn();
            bench.host.poll_once(1ms);
        }
        bench.check.cancel();
        const bool answered = bench.check.answer(probe).has_value();
        bench.settle();
        CHECK(bench.check.answer(probe).has_value() == answered);
        CHECK(bench.check.timers() == 0);
        CHECK(bench.ask().state == State::up);
    }
}

TEST_CASE("rmi: parameters that make no sense are refused by name") {
    const auto names = [](std::vector<std::string> list) { return Settings{{"names", std::move(list)}}; };
    CHECK(refusal({}) == "accepted");
    CHECK(refusal({{"protocol", "single"}}) == "accepted");
    CHECK(refusal({{"protocol", "single"}, {"keep", false}}) == "accepted");
    CHECK_THAT(refusal({{"protocol", "single"}, {"keep", true}}), Catch::StartsWith("keep: needs protocol"));
    CHECK_THAT(refusal(names({""})), Catch::StartsWith("names: one of them is empty"));
    CHECK_THAT(refusal(names({std::string(256, 'x')})), Catch::StartsWith("names: "));
    CHECK_THAT(refusal(names({"a\nb"})), Catch::StartsWith("names: \"a.b\" is longer"));
    CHECK_THAT(refusal(names({"\xf0\x9f\x98\x80"})), Catch::StartsWith("names: "));
    CHECK(refusal(names({"trazaServ\xc3\xb1"})) == "accepted");
    CHECK_THAT(refusal(one_name + Settings{{"interfaces", std::vector<std::string>{"A", "B"}}}),
               Catch::StartsWith("interfaces: must be as many"));
    CHECK_THAT(refusal({{"stub_host", "vip"}}), Catch::StartsWith("stub_host: needs names"));
    CHECK_THAT(refusal({{"stub_port", 9001}}), Catch::StartsWith("stub_port: needs names"));
    CHECK_THAT(refusal(one_name + Settings{{"stub_host", ""}}), Catch::StartsWith("stub_host: is empty"));
    CHECK_THAT(refusal({{"source", "::1"}}), Catch::StartsWith("source: must be of the same family"));
}

TEST_CASE("rmi: what a probe costs") {
    BENCH_NETWORK();
    constexpr int rounds = 20;
    constexpr int probes = 20;
    const auto cost = [&](const Settings& settings) {
        std::vector<double> spent;
        test::Stopwatch watch;
        for (int round = 0; round < rounds; ++round) {
            Script script(java());
            Bench bench(script, settings);
            CHECK(bench.ask().state == State::up);
            for (int count = 0; count < probes; ++count) {
                watch.start();
                const auto probe = bench.check.probe();
                while (!bench.check.answer(probe)) {
                    script.turn();
                    bench.host.poll_once(1ms);
                }
                spent.push_back(watch.microseconds());
            }
        }
        std::sort(spent.begin(), spent.end());
        return spent[spent.size() / 2];
    };
    const double kept = cost({});
    const double named = cost(one_name);
    std::printf(
        "rmi: median %.1f us a ping over a kept connection, %.1f us with a lookup, the server's part "
        "included (bound 2000)\n",
        kept, named);
    CHECK(kept < 2000);
    CHECK(named < 2000);
}
