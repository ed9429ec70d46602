// SPDX-License-Identifier: Apache-2.0
// The fake host: its clock, its descriptors, and that it catches each breach of the contract.
#include "regent/testing.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

#include "regent/plugin.hpp"

using namespace std::chrono_literals;
namespace sdk = regent::sdk;
using sdk::testing::FakeHost;
using sdk::testing::Refused;

namespace {

struct Pipe {
    Pipe() { REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        for (const int end : ends)
            close(end);
    }
    void write_one() const { REQUIRE(::write(ends[1], "x", 1) == 1); }
    std::array<int, 2> ends{-1, -1};
};

/// Does what a test tells it, by way of a pointer in its parameters' place.
struct Puppet {
    static constexpr std::string_view name = "puppet", summary = "does what a test says";
    static constexpr std::array params{
        sdk::Param::port("port", "a port").or_else("80"),
        sdk::Param::text("host", "a name").required(),
        sdk::Param::duration("grace", "a time").or_else("\"1.5s\"").between(0, 10'000'000'000),
        sdk::Param::text("targets", "many names").list().or_else("[\"a\", 'b']").between(1, 3),
        sdk::Param::choice("level", "how much", std::array<std::string_view, 2>{"low", "high"}),
        sdk::Param::size("space", "bytes").or_else("\"64KiB\""),
    };
    static inline Puppet* last = nullptr;

    Puppet(sdk::Context made, const sdk::Values& values)
        : context(made),
          port(values.port("port")),
          grace(values.duration("grace")),
          targets(values.texts("targets")),
          level(values.has("level") ? values.integer("level") : -1),
          space(values.integer("space")) {
        if (values.text("host") == "bad") throw sdk::Blame(values, "host", "is bad");
    }
    void start() {
        last = this;
        if (port == 1) throw std::runtime_error("cannot start on port 1");
    }
    void probe(sdk::ProbeId id, sdk::Instant until) {
        pending = id;
        deadline = until;
    }
    void cancel(sdk::ProbeId) { ++cancels; }
    void on_fd(int fd, std::uint32_t events) {
        char byte = 0;
        if ((events & REGENT_FD_READ) != 0 && read(fd, &byte, 1) == 1) ++reads;
    }
    void on_timer(std::uint64_t timer) {
        fired.push_back(timer);
        fired_at.push_back(context.now());
    }
    void on_wake() { ++wakes; }
    std::string describe() const { return R"({"port":)" + std::to_string(port) + "}"; }

    sdk::Context context;
    std::uint16_t port;
    sdk::Duration grace;
    std::vector<std::string> targets;
    std::int64_t level, space;
    sdk::ProbeId pending{};
    sdk::Instant deadline{};
    int cancels = 0, reads = 0, wakes = 0;
    std::vector<std::uint64_t> fired{};
    std::vector<sdk::Instant> fired_at{};
};

/// A host with one started puppet.
struct Stage {
    FakeHost host;
    sdk::testing::Instance instance;
    Puppet* puppet;

    Stage() : instance(host.create(sdk::check<Puppet>, {{"host", "lb1"}})), puppet(started()) {}
    Puppet* started() {
        instance.start();
        return Puppet::last;
    }
    /// Expects exactly one breach, and that it says `part`.
    void blamed(const std::string& part) {
        const auto violations = host.violations();
        REQUIRE(violations.size() == 1);
        CHECK_THAT(violations.front(), Catch::Matchers::Contains(part));
    }
};

}  // namespace

TEST_CASE("Values are the defaults of the schema and what the test gives") {
    FakeHost host;
    auto plain = host.create(sdk::check<Puppet>, {{"host", "lb1"}});
    plain.start();
    CHECK(Puppet::last->port == 80);
    CHECK(Puppet::last->grace == 1500ms);
    CHECK(Puppet::last->targets == std::vector<std::string>{"a", "b"});
    CHECK(Puppet::last->level == -1);
    CHECK(Puppet::last->space == 65536);
    auto given = host.create(sdk::check<Puppet>, {{"host", "lb1"},
                                                  {"port", 8080},
                                                  {"grace", 20ms},
                                                  {"targets", {"only"}},
                                                  {"level", "high"},
                                                  {"space", "1kB"}});
    given.start();
    CHECK(Puppet::last->port == 8080);
    CHECK(Puppet::last->grace == 20ms);
    CHECK(Puppet::last->targets == std::vector<std::string>{"only"});
    CHECK(Puppet::last->level == 1);
    CHECK(Puppet::last->space == 1000);
    CHECK(given.describe() == R"({"port":8080})");
}

TEST_CASE("A refusal names the parameter, whoever refuses") {
    const auto blamed = [](const sdk::testing::Settings& settings) {
        FakeHost host;
        try {
            auto instance = host.create(sdk::check<Puppet>, settings);
            instance.start();
        } catch (const Refused& refused) {
            return refused.param + ": " + refused.what();
        }
        return std::string("accepted");
    };
    CHECK(blamed({{"host", "bad"}}) == "host: is bad");
    CHECK(blamed({}) == "host: is required");
    CHECK(blamed({{"host", "lb1"}, {"port", 1}}) == ": cannot start on port 1");
    CHECK(blamed({{"host", "lb1"}, {"port", 0}}) == "port: is no port");
    CHECK(blamed({{"host", 7}}) == "host: is of the wrong type");
    CHECK(blamed({{"host", "lb1"}, {"grace", "11s"}}) == "grace: is out of range");
    CHECK(blamed({{"host", "lb1"}, {"grace", "1 week"}}) == "grace: \"1 week\" has no unit that is known");
    CHECK(blamed({{"host", "lb1"}, {"space", "1.5GiB"}}) ==
          "space: \"1.5GiB\" is not a whole number with a unit");
    CHECK(blamed({{"host", "lb1"}, {"targets", "a"}}) == "targets: takes a list");
    CHECK(blamed({{"host", "lb1"}, {"targets", {1}}}) == "targets: is of the wrong type");
    CHECK(blamed({{"host", "lb1"}, {"level", "middle"}}) == "level: is none of the choices");
    CHECK(blamed({{"host", "lb1"}, {"prot", 1}}) == "prot: no such parameter of type puppet");
}

TEST_CASE("The clock fires timers in order, each at its time") {
    Stage stage;
    const auto begin = stage.host.now();
    stage.puppet->context.set_timer(3, begin + 30ms);
    stage.puppet->context.set_timer(1, begin + 10ms);
    stage.puppet->context.set_timer(2, begin + 20ms);
    stage.puppet->context.set_timer(4, begin + 40ms);
    stage.puppet->context.clear_timer(2);
    stage.host.advance(35ms);
    CHECK(stage.puppet->fired == std::vector<std::uint64_t>{1, 3});
    CHECK(stage.puppet->fired_at == std::vector<sdk::Instant>{begin + 10ms, begin + 30ms});
    CHECK(stage.host.now() == begin + 35ms);
    CHECK(stage.instance.timers() == 1);
}

TEST_CASE("A probe is answered once, or times out at its deadline") {
    Stage stage;
    const auto first = stage.instance.probe(100ms);
    CHECK(stage.puppet->deadline == stage.host.now() + 100ms);
    stage.puppet->context.report(first, sdk::up("fine", {{"seconds", 0.5}}));
    CHECK(stage.instance.answer(first)->state == sdk::State::up);
    CHECK(stage.instance.answer(first)->metrics.at(0).value == 0.5);
    const auto second = stage.instance.probe(100ms);
    stage.host.advance(99ms);
    CHECK_FALSE(stage.instance.answer(second));
    stage.host.advance(1ms);
    CHECK(stage.puppet->cancels == 1);
    CHECK(stage.instance.answer(second)->reason == sdk::Reason::timeout);
    CHECK(stage.instance.answer(second)->by_host);
    stage.puppet->context.report(sdk::unsolicited, sdk::down(sdk::Reason::exited, "gone"));
    CHECK(stage.instance.reports().size() == 3);
}

TEST_CASE("Descriptors and wakes are handed out") {
    Stage stage;
    const Pipe pipe;
    stage.puppet->context.watch(pipe.ends[0], REGENT_FD_READ);
    CHECK(stage.instance.watching() == std::map<int, std::uint32_t>{{pipe.ends[0], REGENT_FD_READ}});
    CHECK_FALSE(stage.host.poll_once());
    pipe.write_one();
    CHECK(stage.host.poll_once());
    CHECK(stage.puppet->reads == 1);
    std::thread worker([&] { stage.puppet->context.wake(); });
    CHECK(stage.host.run_until([&] { return stage.puppet->wakes == 1; }));
    worker.join();
    stage.puppet->context.unwatch(pipe.ends[0]);
    CHECK(stage.instance.watched() == 0);
    CHECK_FALSE(stage.host.run_until([] { return false; }, 1ms));
}

TEST_CASE("Breaches of the contract are recorded") {
    Stage stage;
    const auto& context = stage.puppet->context;
    SECTION("a second answer") {
        const auto probe = stage.instance.probe();
        context.report(probe, sdk::up());
        context.report(probe, sdk::up());
        stage.blamed("answers number");
    }
    SECTION("an answer after the cancel") {
        const auto probe = stage.instance.probe();
        stage.instance.cancel();
        std::thread([&] { context.report(probe, sdk::up()); }).join();
        CHECK(stage.host.late_answers() == 1);
        CHECK(stage.host.violations().empty());
        context.report(probe, sdk::up());
        stage.blamed("answers number");
    }
    SECTION("a report after stop") {
        stage.instance.stop();
        context.report(sdk::unsolicited, sdk::up());
        stage.blamed("after stop");
    }
    SECTION("an unknown instance") {
        sdk::Context copy = context;
        stage.instance.destroy();
        copy.wake();
        stage.blamed("wakes and is unknown");
    }
    SECTION("a closed descriptor") {
        CHECK_THROWS_AS(context.watch(12345, REGENT_FD_READ), std::system_error);
        stage.blamed("which is closed");
    }
    SECTION("a descriptor that blocks") {
        const Pipe pipe;
        REQUIRE(fcntl(pipe.ends[0], F_SETFL, 0) == 0);
        context.watch(pipe.ends[0], REGENT_FD_READ);
        context.unwatch(pipe.ends[0]);
        stage.blamed("not CLOEXEC and NONBLOCK");
    }
    SECTION("a descriptor that is closed while watched") {
        const int fd = dup(0);
        REQUIRE(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0);
        const Pipe pipe;
        REQUIRE(dup3(pipe.ends[0], fd, O_CLOEXEC) == fd);
        context.watch(fd, REGENT_FD_READ);
        close(fd);
        stage.host.poll_once();
        stage.blamed("while it was watched");
    }
    SECTION("a descriptor that is still watched, and closed, at the end") {
        const Pipe open;
        context.watch(open.ends[0], REGENT_FD_READ);
        const int closed = fcntl(open.ends[0], F_DUPFD_CLOEXEC, 0);
        context.watch(closed, REGENT_FD_READ);
        close(closed);
        stage.instance.destroy();
        stage.blamed("while it was watched");
    }
    SECTION("too many timers") {
        for (std::uint64_t timer = 0; timer < 64; ++timer)
            context.set_timer(timer, stage.host.now() + 1s);
        context.set_timer(0, stage.host.now() + 2s);
        CHECK_THROWS_AS(context.set_timer(64, stage.host.now() + 1s), std::system_error);
        stage.blamed("64 timers");
    }
    SECTION("a timer from a thread that is not the loop's") {
        std::thread([&] {
            CHECK_THROWS_AS(context.set_timer(0, stage.host.now() + 1s), std::system_error);
        }).join();
        stage.blamed("not the loop's");
    }
}
