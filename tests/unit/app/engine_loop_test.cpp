// SPDX-License-Identifier: Apache-2.0
// The engine thread beside another one, on a real kernel: what crosses between them. Made for
// ThreadSanitizer.
#include "agent/app/engine_loop.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tests/unit/platform/network.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace regent;
using namespace std::chrono_literals;
using platform::test::Cable;

namespace {

std::shared_ptr<const core::Settings> settings(std::uint8_t instances) {
    auto made = std::make_shared<core::Settings>();
    for (std::uint8_t i = 1; i <= instances; ++i) {
        core::Instance instance;
        instance.name = "VI_" + std::to_string(i);
        instance.interface = "left0";
        instance.virtual_router_id = i;
        instance.advert_interval = 10ms;
        core::VirtualAddress address;
        address.address = *IpAddress::parse("192.0.2." + std::to_string(100 + i));
        address.device = "left0";
        instance.addresses = {address};
        made->instances.push_back(instance);
    }
    return made;
}

/// The part of the service thread: reads reports until `done` says so.
template <class Done>
void read_reports(app::Channels& channels, const Done& done) {
    for (bool finished = false; !finished;) {
        REQUIRE(platform::test::readable(channels.wake_service.fd()));
        channels.wake_service.clear();
        while (const auto report = channels.reports.try_pop())
            finished = done(*report) || finished;
        if (channels.engine_ended.load(std::memory_order_acquire)) return;
    }
}

std::string new_master(const app::Report& report) {
    const auto* state = std::get_if<core::PublishState>(&report.what);
    return state && state->status.state == vrrp::State::master ? state->status.name : std::string();
}

/// The service thread has not read for long: `room` more reports fit.
void fill(app::Channels& channels, std::size_t room) {
    while (channels.reports.room() > room)
        REQUIRE(channels.reports.offer({{}, core::Log{}}));
}

/// The engine's thread inherits the mask, as it does in regentd.
void block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1})
        sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
}

/// An engine with its thread, at the left end of a cable. The test has the service thread's part.
struct Bench {
    /// `run_dir`: within a folder of the test.
    explicit Bench(std::uint8_t instances, const std::filesystem::path& run_dir = {}) {
        auto opened = app::EngineLoop::open(channels, settings(instances), directory.path() / run_dir);
        REQUIRE(opened);
        engine = *std::move(opened);
        block_stop_signals();
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    /// A test that fails does not wait for an engine that runs on.
    ~Bench() {
        while (!channels.commands.offer(core::StopRequested{true})) {
        }
        channels.wake_engine.signal();
    }
    void run() {
        thread = std::jthread([this] { engine->run(false); });
    }
    void command(core::Input input) {
        REQUIRE(channels.commands.try_push(std::move(input)));
        channels.wake_engine.signal();
    }
    /// Until the engine knows what is in the kernel now: it looks there before it takes a command.
    void catch_up() {
        command(core::DumpRequested{});
        platform::test::eventually(
            [this] { return channels.commands.room() == app::Channels::commands_capacity; });
    }

    const Cable cable;
    const regent::test::TemporaryDirectory directory;
    app::Channels channels{*platform::Wakeup::open(), *platform::Wakeup::open(), *platform::Wakeup::open(),
                           *platform::Wakeup::open()};
    std::unique_ptr<app::EngineLoop> engine;
    std::jthread thread;  // before what it works on
};

}  // namespace

TEST_CASE("The engine starts, becomes master, takes a reload, a dump and a stop from another thread") {
    REQUIRE_NETWORK();
    Bench bench(3);
    auto& channels = bench.channels;
    bench.run();

    std::set<std::string> masters;
    const auto all_masters = [&](std::size_t wanted) {
        return [&masters, wanted](const app::Report& report) {
            if (const auto name = new_master(report); !name.empty()) masters.insert(name);
            return masters.size() == wanted;
        };
    };
    read_reports(channels, all_masters(3));
    bench.command(core::ConfigApplied{settings(20)});
    read_reports(channels, all_masters(20));
    bench.command(core::DumpRequested{});
    read_reports(channels,
                 [](const app::Report& report) { return std::holds_alternative<core::Log>(report.what); });
    bench.command(core::StopRequested{});
    read_reports(channels, [](const app::Report&) { return false; });
    CHECK(masters.size() == 20);
    CHECK(channels.engine_failure.empty());
    CHECK(platform::test::output_of("ip -o -4 addr show dev left0").find("192.0.2.101") == std::string::npos);
}

TEST_CASE("Who is to leave for a next run that could not go on stops cleanly instead") {
    REQUIRE_NETWORK();
    const bool is_resumable = GENERATE(true, false);
    Bench bench(1, is_resumable ? "" : "a folder that nobody has made");
    auto& channels = bench.channels;
    bench.run();
    read_reports(channels, [](const app::Report& report) { return new_master(report) == "VI_1"; });
    REQUIRE(::kill(::getpid(), SIGUSR1) == 0);
    read_reports(channels, [](const app::Report&) { return false; });
    CHECK(channels.to_be_resumed == is_resumable);
    const auto left = platform::test::output_of("ip -o -4 addr show dev left0");
    CHECK((left.find("192.0.2.101") != std::string::npos) == is_resumable);
}

TEST_CASE("What finds no room in the queue to the service thread is made up for, and counters leave room") {
    REQUIRE_NETWORK();
    Bench bench(3);
    auto& channels = bench.channels;
    const bool is_full = GENERATE(true, false);
    fill(channels, is_full ? 0 : app::Channels::reports_capacity / 2);
    bench.run();
    platform::test::eventually([] {
        return platform::test::output_of("ip -o -4 addr show dev left0").find("192.0.2.103") !=
               std::string::npos;
    });
    bench.catch_up();
    std::set<std::string> masters;
    bool counted = false, made_up_for = false;
    const auto take = [&](const app::Report& report) {
        counted = counted || std::holds_alternative<app::InstanceCounters>(report.what);
        if (const auto name = new_master(report); !name.empty()) masters.insert(name);
        const auto* all = std::get_if<app::AllInstances>(&report.what);
        made_up_for =
            made_up_for ||
            (all && std::all_of(all->instances.begin(), all->instances.end(),
                                [](const auto& status) { return status.state == vrrp::State::master; }));
        return made_up_for;
    };
    if (is_full) {
        read_reports(channels, take);
        CHECK(made_up_for);
        CHECK(masters.empty());
    } else {
        while (const auto report = channels.reports.try_pop())
            take(*report);
        CHECK(masters.size() == 3);
        CHECK_FALSE(counted);
    }
    read_reports(channels, [](const app::Report& report) {
        return std::holds_alternative<app::InstanceCounters>(report.what);
    });
}

TEST_CASE("Each trouble with a socket is told once, and who hears nobody does not become master") {
    REQUIRE_NETWORK();
    Bench bench(1);
    auto& channels = bench.channels;
    platform::test::run("ip link add more0 type veth peer name more1");
    platform::test::run("ip addr add 198.51.100.1/24 dev more0; ip link set more0 up; ip link set more1 up");
    platform::test::run("echo 0 >/proc/sys/net/ipv4/igmp_max_memberships");
    bench.run();
    std::vector<std::string> told;
    const auto says = [&told](const std::string& wanted) {
        return [&told, wanted](const app::Report& report) {
            const auto* log = std::get_if<core::Log>(&report.what);
            if (log && log->level == core::LogLevel::warning &&
                log->text.find("membership") != std::string::npos)
                told.push_back(log->text);
            CHECK(new_master(report).empty());
            return !told.empty() && told.back() == wanted;
        };
    };
    read_reports(channels, says("left0: cannot set membership of 224.0.0.18: No buffer space available"));
    auto more = std::make_shared<core::Settings>(*settings(2));
    more->instances.back().interface = "more0";
    bench.command(core::ConfigApplied{more});
    read_reports(channels, says("more0: cannot set membership of 224.0.0.18: No buffer space available"));
    CHECK(told.size() == 2);
    platform::test::run("echo 20 >/proc/sys/net/ipv4/igmp_max_memberships");
    std::set<std::string> masters;
    read_reports(channels, [&masters](const app::Report& report) {
        if (const auto name = new_master(report); !name.empty()) masters.insert(name);
        return masters.size() == 2;
    });
}

TEST_CASE("Announcements that the kernel does not take are told with the interface and the kernel's words") {
    REQUIRE_NETWORK();
    Bench bench(1);
    auto& channels = bench.channels;
    // A queue that takes nothing.
    platform::test::run("tc qdisc add dev left0 root tbf rate 8bit burst 64 limit 64");
    bench.run();
    std::string told;
    read_reports(channels, [&told](const app::Report& report) {
        const auto* log = std::get_if<core::Log>(&report.what);
        if (!log || log->text.find("gratuitous") == std::string::npos) return false;
        told = log->text;
        return true;
    });
    CHECK(told.ends_with(
        "could not be sent; the first: left0: cannot send a frame: No buffer space available"));
}
