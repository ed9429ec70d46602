// SPDX-License-Identifier: Apache-2.0
// The plugin thread beside another one: what crosses between them. Made for ThreadSanitizer.
#include "agent/app/plugin_loop.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "agent/platform/clock.hpp"

#include "tests/unit/platform/network.hpp"

using namespace regent;
using namespace std::chrono_literals;
using platform::test::readable;

namespace {

std::shared_ptr<const config::Plan> plan() {
    auto made = std::make_shared<config::Plan>();
    made->node = "lb1";
    config::CheckPlan check;
    check.settings.name = "web";
    check.use = {"tcp", "/plugins/regent-tcp.so", false, false, {}};
    made->checks.push_back(check);
    config::NotifierPlan notifier;
    notifier.name = "log";
    notifier.use = {"exec", "/plugins/regent-exec.so", false, false, {}};
    made->notifiers.push_back(notifier);
    return made;
}

void push(app::Channels& channels, app::PluginCommand command) {
    REQUIRE(channels.plugin_commands.try_push(std::move(command)));
    channels.wake_plugins.signal();
}

void finish(app::Channels& channels, Duration within) {
    channels.finish_plugins_by.store((platform::now() + within).time_since_epoch().count());
    channels.wake_plugins.signal();
}

}  // namespace

TEST_CASE("A host that cannot be started makes a check UNKNOWN, and the log says why") {
    app::Channels channels(*platform::Wakeup::open(), *platform::Wakeup::open(), *platform::Wakeup::open(),
                           *platform::Wakeup::open());
    const auto plugins = app::PluginLoop::open(channels, "/nonexistent/regent-plugin-host");
    REQUIRE(plugins);
    std::thread thread([&] { (*plugins)->run(); });
    push(channels, plan());
    REQUIRE(readable(channels.wake_engine.fd()));
    const auto input = channels.verdicts.try_pop();
    CHECK(readable(channels.wake_service.fd()));
    const auto report = channels.plugin_reports.try_pop();
    finish(channels, 10s);
    thread.join();
    REQUIRE(input);
    const auto& verdict = std::get<core::CheckVerdict>(*input);
    CHECK(verdict.check == "web");
    CHECK(verdict.state == core::CheckState::unknown);
    CHECK_THAT(verdict.message, Catch::Matchers::Contains("cannot start"));
    REQUIRE(report);
    CHECK_THAT(std::get<core::Log>(report->what).text, Catch::Matchers::Contains("/nonexistent"));
    CHECK(channels.plugins_ended.load());
}

TEST_CASE("The plugin thread does not end before its time while something is undelivered, and then does") {
    app::Channels channels(*platform::Wakeup::open(), *platform::Wakeup::open(), *platform::Wakeup::open(),
                           *platform::Wakeup::open());
    const auto plugins = app::PluginLoop::open(channels, "/nonexistent/regent-plugin-host");
    REQUIRE(plugins);
    std::thread thread([&] { (*plugins)->run(); });
    push(channels, plan());
    notify::Event event;
    event.new_state = "stop";
    push(channels, event);
    const Instant before = platform::now();
    finish(channels, 200ms);
    thread.join();
    CHECK(platform::now() - before >= 200ms);
    CHECK(platform::now() - before < 5s);
}

TEST_CASE("The last event is delivered, or waited for, even where the thread hears of the end before it") {
    app::Channels channels(*platform::Wakeup::open(), *platform::Wakeup::open(), *platform::Wakeup::open(),
                           *platform::Wakeup::open());
    const auto plugins = app::PluginLoop::open(channels, "/nonexistent/regent-plugin-host");
    REQUIRE(plugins);
    std::thread thread([&] { (*plugins)->run(); });
    push(channels, plan());
    // What it tells at the end of a round.
    for (bool told = false; !told;) {
        REQUIRE(readable(channels.wake_service.fd()));
        channels.wake_service.clear();
        while (const auto report = channels.plugin_reports.try_pop())
            told = told || std::holds_alternative<plugin::Status>(report->what);
    }
    notify::Event event;
    event.new_state = "stop";
    // Not signalled: the thread is busy with a host, whose start it tries again and again, and looks by
    // itself.
    REQUIRE(channels.plugin_commands.try_push(event));
    const Instant before = platform::now();
    channels.finish_plugins_by.store((before + 500ms).time_since_epoch().count());
    thread.join();
    CHECK(platform::now() - before >= 500ms);
    CHECK_FALSE(channels.plugin_commands.try_pop());
}
