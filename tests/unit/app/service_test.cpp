// SPDX-License-Identifier: Apache-2.0
// What the engine passes on, done or refused by the service thread.
#include "agent/app/service.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <climits>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/platform/descriptor.hpp"

#include "tests/unit/temporary_directory.hpp"

using namespace regent;
using Kind = core::OperatorCommand::Kind;

namespace {

constexpr auto good = R"([agent]
node = "lb1"

[instance.VI_1]
interface = "eth0"
virtual_router_id = 51
priority = 100
addresses = ["192.0.2.1/24"]
)";

/// The service thread alone, for one round: the other threads have ended.
class Bench {
  public:
    explicit Bench(const std::string& text = good) {
        options.config = directory.path() / "regent.toml";
        std::ofstream(options.config) << text;
        options.run_dir = directory.path();
        options.plugins = {{}, "/nonexistent/regent-plugin-host"};
        sigset_t signals;
        sigemptyset(&signals);
        for (const int signal : {SIGHUP, SIGUSR2})
            sigaddset(&signals, signal);
        sigprocmask(SIG_BLOCK, &signals, nullptr);
        channels.engine_ended = true;
        channels.plugins_ended = true;
    }

    bus::Batch pass_on(Kind kind, const std::string& target = {}) {
        core::OperatorCommand command;
        command.id = 7;
        command.kind = kind;
        command.target = target;
        command.who = "uid 0, regentctl, pid 9";
        REQUIRE(channels.reports.try_push({{}, core::PassOn{command}}));
        return run();
    }

    /// What the bus is told of the reports that wait.
    bus::Batch run() {
        channels.wake_service.signal();
        app::Service service(options, catalog, channels, std::move(*platform::EventLoop::open()),
                             std::move(*platform::NotifySocket::open(manager)));
        REQUIRE(service.run());
        return channels.outbox.take();
    }

    /// As the engine reports it.
    void publish(int number, vrrp::State state, const std::string& reason = {}) {
        core::InstanceStatus status;
        status.name = "VI_" + std::to_string(number);
        status.state = state;
        status.reason = reason;
        REQUIRE(channels.reports.try_push({{}, core::PublishState{status}}));
    }

    regent::test::TemporaryDirectory directory;
    std::string manager;  ///< of services: its socket
    app::Options options;
    plugin::Catalog catalog{{{}, "/nonexistent/regent-plugin-host"}};
    app::Channels channels{*platform::Wakeup::open(), *platform::Wakeup::open(), *platform::Wakeup::open(),
                           *platform::Wakeup::open()};
};

/// The service manager's end of its socket.
class Manager {
  public:
    Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    std::string path() const { return directory_.path() / "notify"; }
    /// The next message, as systemd takes it: one that is longer than its buffer is nothing.
    std::string message() const {
        std::array<char, PIPE_BUF> buffer{};
        const auto size = ::recv(socket_.get(), buffer.data(), buffer.size() - 1, MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0 || static_cast<std::size_t>(size) >= buffer.size()) return {};
        return {buffer.data(), static_cast<std::size_t>(size)};
    }

  private:
    regent::test::TemporaryDirectory directory_;
    platform::Descriptor socket_;
};

template <class What>
const What& only_answer(const bus::Batch& batch) {
    REQUIRE(batch.answers.size() == 1);
    CHECK(batch.answers.front().id == 7);
    return std::get<What>(batch.answers.front().what);
}

}  // namespace

TEST_CASE("service: once the engine is ready, the bus may be shown all there is") {
    Bench bench;
    CHECK_FALSE(bench.run().is_whole);
    REQUIRE(bench.channels.reports.try_push({{}, app::EngineReady{}}));
    CHECK(bench.run().is_whole);
}

TEST_CASE("service: a reload goes to the engine, and its caller learns that it is in force") {
    Bench bench;
    const auto batch = bench.pass_on(Kind::reload);
    CHECK(only_answer<bus::ReloadAnswer>(batch).ok);
    const auto input = bench.channels.commands.try_pop();
    REQUIRE(input);
    CHECK(std::get<core::ConfigApplied>(*input).settings->instances.size() == 1);
}

TEST_CASE("service: a file with errors is not applied, and its caller gets all of them") {
    Bench bench("[agent]\nnod = 1\n[instance.VI_1]\nvirtual_router_id = 0\n");
    const auto batch = bench.pass_on(Kind::reload);
    const auto& answer = only_answer<bus::ReloadAnswer>(batch);
    CHECK_FALSE(answer.ok);
    CHECK(answer.diagnostics.size() >= 2);
    CHECK_FALSE(bench.channels.commands.try_pop());
    REQUIRE(batch.agent);
    CHECK(batch.agent->config_problem.find("it has errors") != std::string::npos);
}

TEST_CASE("service: a file that is not there is not said to have errors") {
    Bench bench;
    std::filesystem::remove(bench.options.config);
    const auto batch = bench.pass_on(Kind::reload);
    CHECK_FALSE(only_answer<bus::ReloadAnswer>(batch).ok);
    REQUIRE(batch.agent);
    CHECK(batch.agent->config_problem.find(": cannot read the file: No such file") != std::string::npos);
}

TEST_CASE("service: a file whose name is no UTF-8 does not take the agent off the bus") {
    Bench bench;
    bench.options.config = bench.directory.path() / "r\xff\xef\xbf\xbf.toml";
    const auto batch = bench.pass_on(Kind::reload);
    const std::string shown = (bench.directory.path() / "r\ufffd\ufffd.toml").string();
    REQUIRE(batch.agent);
    CHECK(batch.agent->config_path == shown);
    CHECK(batch.agent->config_problem.starts_with(shown + " was not applied"));
    const auto& answer = only_answer<bus::ReloadAnswer>(batch);
    REQUIRE(answer.diagnostics.size() == 1);
    CHECK(answer.diagnostics[0].file == shown);
}

TEST_CASE(
    "service: what is in force is kept for a start after a crash, and a broken file does not replace it") {
    Bench bench;
    const app::KeptConfiguration kept(bench.options.run_dir, bench.options.config);
    bench.pass_on(Kind::reload);
    CHECK(kept.recall() == good);
    std::ofstream(bench.options.config) << "[agent]\nnode = 1\n";
    bench.pass_on(Kind::reload);
    CHECK(kept.recall() == good);
}

TEST_CASE("service: a reload that the engine has no room for is refused, and said to be") {
    Bench bench;
    while (bench.channels.commands.offer(core::DumpRequested{})) {
    }
    const auto batch = bench.pass_on(Kind::reload);
    CHECK_FALSE(only_answer<bus::ReloadAnswer>(batch).ok);
    REQUIRE(batch.agent);
    CHECK(batch.agent->config_problem.find("the engine takes no commands now") != std::string::npos);
}

TEST_CASE("service: what is for the plugin thread goes there, with who asked") {
    Bench bench;
    CHECK(bench.pass_on(Kind::test_notifier, "pager").answers.empty());
    const auto command = bench.channels.plugin_commands.try_pop();
    REQUIRE(command);
    const auto& order = std::get<plugin::Order>(*command);
    CHECK(order.id == 7);
    CHECK(order.kind == plugin::Order::Kind::test_notifier);
    CHECK(order.target == "pager");
    CHECK(order.reason == "asked for by uid 0, regentctl, pid 9");
    CHECK(order.wall_ns > 0);
}

TEST_CASE("service: a plugin thread that has no room is said to be busy") {
    Bench bench;
    while (bench.channels.plugin_commands.offer(plugin::Order{})) {
    }
    const auto batch = bench.pass_on(Kind::run_check, "web");
    CHECK(only_answer<plugin::OrderAnswer>(batch).outcome == plugin::OrderAnswer::Outcome::busy);
}

TEST_CASE("service: a request on the bus becomes a command of the engine with who asks") {
    Bench bench;
    core::OperatorCommand command;
    command.id = 5;
    command.kind = Kind::release;
    REQUIRE(bench.channels.bus_requests.try_push({bus::Caller{1000, 42, "busctl"}, command}));
    SECTION("with room") {
        bench.pass_on(Kind::run_check);
        const auto input = bench.channels.commands.try_pop();
        REQUIRE(input);
        CHECK(std::get<core::OperatorCommand>(*input).who == "uid 1000, busctl, pid 42");
    }
    SECTION("without") {
        while (bench.channels.commands.offer(core::DumpRequested{})) {
        }
        const auto batch = bench.pass_on(Kind::run_check);
        const auto found = std::find_if(batch.answers.begin(), batch.answers.end(),
                                        [](const auto& answer) { return answer.id == 5; });
        REQUIRE(found != batch.answers.end());
        CHECK(std::get<core::OperatorAnswer>(found->what).outcome == core::OperatorAnswer::Outcome::busy);
    }
}

TEST_CASE("service: a status longer than the service manager takes is cut rather than lost") {
    Bench bench;
    const Manager manager;
    bench.manager = manager.path();
    std::string reason;
    for (int letters = 0; letters < 300; ++letters)
        reason += "é";  // two bytes
    for (int number = 1; number <= 8; ++number)
        bench.publish(number, vrrp::State::fault, reason);
    bench.run();
    const auto message = manager.message();
    CHECK(message.starts_with("STATUS=VI_1 FAULT"));
    CHECK(message.ends_with("é…"));
}

TEST_CASE("service: rule 20: stalls are counted in the status") {
    Bench bench;
    const Manager manager;
    bench.manager = manager.path();
    bench.channels.service_stalls = 2;
    bench.run();
    CHECK(manager.message() == "STATUS=stalls of the service thread: 2; no instance is configured");
}

TEST_CASE("service: rule 19: maintenance is in the status, whatever the states are, until it ends") {
    Bench bench;
    const Manager manager;
    bench.manager = manager.path();
    for (int number = 1; number <= 20; ++number)
        bench.publish(number, vrrp::State::backup);
    SECTION("with a reason") {
        REQUIRE(bench.channels.reports.try_push({{}, app::MaintenanceIs{"new disk"}}));
        bench.run();
        CHECK(manager.message() == "STATUS=in maintenance: new disk; 20 instances: 20 BACKUP");
    }
    SECTION("without") {
        REQUIRE(bench.channels.reports.try_push({{}, app::MaintenanceIs{""}}));
        bench.run();
        CHECK(manager.message() == "STATUS=in maintenance; 20 instances: 20 BACKUP");
    }
    SECTION("it has ended") {
        REQUIRE(bench.channels.reports.try_push({{}, app::MaintenanceIs{"new disk"}}));
        REQUIRE(bench.channels.reports.try_push({{}, app::MaintenanceIs{std::nullopt}}));
        bench.run();
        CHECK(manager.message() == "STATUS=20 instances: 20 BACKUP");
    }
}

TEST_CASE("service: after a loss, who has changed is told once more and who is gone goes") {
    Bench bench;
    core::InstanceStatus stays, goes;
    stays.name = "VI_1";
    goes.name = "VI_2";
    stays.state = goes.state = vrrp::State::backup;
    for (const auto& status : {stays, goes}) {
        REQUIRE(bench.channels.reports.try_push(
            {{}, core::Transition{1, status.name, {}, vrrp::State::init, status.state, 100, "listening"}}));
        REQUIRE(bench.channels.reports.try_push({{}, core::PublishState{status}}));
    }
    stays.state = vrrp::State::master;
    stays.reason = "no master heard";
    REQUIRE(bench.channels.reports.try_push({{}, app::AllInstances{{stays}}}));
    const auto batch = bench.run();
    REQUIRE(batch.transitions.size() == 4);
    const auto& master = batch.transitions[2];
    CHECK(master.name == "VI_1");
    CHECK(master.old_state == "backup");
    CHECK(master.new_state == "master");
    CHECK(master.reason == "no master heard");
    CHECK(batch.transitions[3].name == "VI_2");
    CHECK(batch.transitions[3].new_state == "deleted");
    CHECK(batch.instances.at("VI_1")->status.state == vrrp::State::master);
    CHECK(batch.instances.at("VI_2") == std::nullopt);
}
