// SPDX-License-Identifier: Apache-2.0
// The bus dies, and with it whoever waits for an answer, at the worst of moments.
#include "agent/bus/system_bus.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <sdbus-c++/sdbus-c++.h>
#include <thread>

#include "agent/app/bus_views.hpp"
#include "agent/app/parameter_views.hpp"
#include "agent/platform/clock.hpp"
#include "agent/plugin/message_text.hpp"

#include "private_bus.hpp"
#include "tests/unit/bus/views.hpp"

using namespace regent;
using namespace std::chrono_literals;

namespace {

struct Shown {
    Shown() : loop(*platform::EventLoop::open()) {
        bus = std::make_unique<bus::SystemBus>(
            loop, bus::SystemBus::Outlets{[this](const bus::Request&) { return ++requests > 0; },
                                          [this](const std::string& text) { said = text; }});
    }
    void connect() {
        bus->run(platform::now() + 5s);
        REQUIRE(said == "org.regent1 is on the system bus");
    }
    void put(vrrp::State state) {
        bus::Batch batch;
        batch.is_whole = true;
        for (const auto& name : {"VI_1", "VI_2"})
            batch.instances[name] = test::instance(name, state);
        bus->apply(batch);
    }
    template <class Done>
    void serve_until(const Done& done) {
        for (const auto end = platform::now() + 10s; !done() && platform::now() < end;) {
            bus->run(platform::now());
            std::this_thread::yield();
        }
        REQUIRE(done());
    }

    platform::EventLoop loop;
    int requests = 0;
    std::string said;
    std::unique_ptr<bus::SystemBus> bus;
};

std::string state_of(const std::string& object) {
    const auto connection = sdbus::createSystemBusConnection();
    const auto proxy = sdbus::createProxy(*connection, "org.regent1", "/org/regent1/instance/" + object);
    return proxy->getProperty("State").onInterface("org.regent1.Instance").get<std::string>();
}

}  // namespace

TEST_CASE("bus: what changes in the moment in which the bus dies is shown on the next one, all of it") {
    Shown shown;
    auto first = std::make_unique<test::PrivateBus>();
    shown.put(vrrp::State::backup);
    shown.connect();
    first.reset();
    shown.put(vrrp::State::master);
    REQUIRE(shown.said.find("not on the system bus") == 0);
    const test::PrivateBus second;
    shown.connect();
    for (const auto& object : {"VI_5f1", "VI_5f2"}) {
        auto state = std::async(std::launch::async, state_of, object);
        shown.serve_until([&] { return state.wait_for(0s) == std::future_status::ready; });
        CHECK(state.get() == "master");
    }
}

TEST_CASE("bus: who sees the name sees all there is") {
    const test::PrivateBus bus;
    Shown shown;
    bus::Batch half;
    half.instances["VI_1"] = test::instance("VI_1", vrrp::State::backup);
    shown.bus->apply(half);
    CHECK_FALSE(shown.bus->next_deadline());
    shown.bus->run(platform::now());
    CHECK(shown.said.empty());
    shown.put(vrrp::State::backup);
    REQUIRE(shown.bus->next_deadline());
    CHECK(*shown.bus->next_deadline() <= platform::now());
    shown.connect();
}

TEST_CASE("bus: what a check says, and what it is given, is shown, whatever characters it is made of") {
    const test::PrivateBus bus;
    Shown shown;
    shown.put(vrrp::State::backup);
    shown.connect();
    const std::string odd =
        "a\xef\xbf\xbf\xf0\x9f\xbf\xbe\xef\xb7\x90\tb";  // U+FFFF, U+1FFFE, U+FDD0: nobody's
    config::CheckPlan plan;
    plan.use.type = "tcp";
    plan.use.values.resize(1);
    plan.use.values[0].set = true;
    plan.use.values[0].text = odd;
    config::Plugin plugin;
    plugin.types.resize(1);
    plugin.types[0].name = "tcp";
    plugin.types[0].parameters.resize(1);
    plugin.types[0].parameters[0].name = "send";
    plugin.types[0].parameters[0].type = config::ParameterType::text;
    bus::Batch batch;
    batch.checks["web"] = bus::CheckView{};
    batch.checks["web"]->status.name = "web";
    shown.bus->apply(batch);
    batch.checks["web"]->status.state = "down";
    batch.checks["web"]->status.message = plugin::fit(odd, 256);
    batch.checks["web"]->parameters = app::parameters_of(plan, {plugin});
    shown.bus->apply(batch);
    CHECK(shown.said == "org.regent1 is on the system bus");
    auto message = std::async(std::launch::async, [] {
        const auto connection = sdbus::createSystemBusConnection();
        const auto proxy = sdbus::createProxy(*connection, "org.regent1", "/org/regent1/check/web");
        std::map<std::string, sdbus::Variant> all;
        proxy->callMethod("GetAll")
            .onInterface("org.freedesktop.DBus.Properties")
            .withArguments(std::string("org.regent1.Check"))
            .storeResultsTo(all);
        return all.at("Message").get<std::string>();
    });
    shown.serve_until([&] { return message.wait_for(0s) == std::future_status::ready; });
    CHECK(message.get() == "a\ufffd\ufffd\ufffd\tb");
}

TEST_CASE("bus: the end does not wait for who is still to be answered") {
    const test::PrivateBus bus;
    Shown shown;
    shown.put(vrrp::State::backup);
    shown.connect();
    const auto connection = sdbus::createSystemBusConnection();
    auto call = std::async(std::launch::async, [&] {
        const auto proxy = sdbus::createProxy(*connection, "org.regent1", "/org/regent1/instance/VI_5f1");
        try {
            proxy->callMethod("Release").onInterface("org.regent1.Instance");
        } catch (const sdbus::Error& error) {
            return error.getName();
        }
        return std::string();
    });
    shown.serve_until([&] { return shown.requests == 1; });
    shown.bus.reset();
    CHECK(call.get() == "org.freedesktop.DBus.Error.NoReply");
}

TEST_CASE("bus: 10 000 changes of state are as many signals, none missing, none twice") {
    constexpr std::uint64_t changes = 10'000, at_once = 100;
    const test::PrivateBus bus;
    Shown shown;
    shown.put(vrrp::State::backup);
    shown.connect();
    std::atomic<std::uint64_t> heard = 0, last = 0;
    const auto client = sdbus::createSystemBusConnection();
    std::vector<std::unique_ptr<sdbus::IProxy>> proxies;
    for (const auto& object : {"VI_5f1", "VI_5f2"}) {
        auto& proxy = proxies.emplace_back(
            sdbus::createProxy(*client, "org.regent1", std::string("/org/regent1/instance/") + object));
        proxy->uponSignal("Transition")
            .onInterface("org.regent1.Instance")
            .call([&](const std::string&, const std::string&, const std::uint64_t& sequence,
                      const std::string&) {
                if (sequence == last + 1) ++heard;
                last = sequence;
            });
        proxy->finishRegistration();
    }
    client->enterEventLoopAsync();
    notify::EventSource events;
    bus::Outbox outbox(*platform::Wakeup::open());
    app::BusViews views(outbox, "0.1.0", "/etc/regent/regent.toml");
    for (std::uint64_t number = 1; number <= changes; ++number) {
        const bool up = (number / 2) % 2 == 0;
        views.tell(events.transition({number, number % 2 == 0 ? "VI_1" : "VI_2", "",
                                      up ? vrrp::State::backup : vrrp::State::master,
                                      up ? vrrp::State::master : vrrp::State::backup, 101, "again"}));
        if (number % at_once != 0) continue;
        shown.bus->apply(outbox.take());
        shown.bus->run(platform::now());
    }
    shown.serve_until([&] { return last == changes; });
    client->leaveEventLoop();
    CHECK(heard == changes);
}
