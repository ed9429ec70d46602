// SPDX-License-Identifier: Apache-2.0
// The check `process` by a unit of systemd, on a bus of the test's own.
#include <catch2/catch.hpp>

#include "plugins/process/process_check.hpp"
#include "regent/testing.hpp"
#include "tests/unit/plugins/fake_systemd.hpp"

using namespace std::chrono_literals;
using namespace regent;
using test::Child;

namespace {

const regent_type& type = sdk::check<plugins::process::ProcessCheck>;

bool is_possible() {
    if (test::SystemBus::is_possible()) return true;
    WARN("SKIP: there is no dbus-daemon");
    return false;
}

struct Bench {
    test::SystemBus bus;
    std::unique_ptr<test::FakeSystemd> systemd = std::make_unique<test::FakeSystemd>();
    sdk::testing::FakeHost host;

    ~Bench() { CHECK(host.violations().empty()); }
    sdk::testing::Instance start(sdk::testing::Settings more = {}) {
        more.push_back({"unit", "keeper"});
        auto check = host.create(type, more);
        check.start();
        return check;
    }
    template <class Condition>
    bool run_until(const Condition& condition) {
        const auto end = std::chrono::steady_clock::now() + 5s;
        while (!condition() && std::chrono::steady_clock::now() < end) {
            if (systemd) systemd->turn();
            host.poll_once(1ms);
        }
        return condition();
    }
    sdk::testing::Report ask(sdk::testing::Instance& check) {
        const auto probe = check.probe(1s);
        REQUIRE(run_until([&] { return check.answer(probe).has_value(); }));
        return *check.answer(probe);
    }
    sdk::testing::Report wait_for_push(const sdk::testing::Instance& check, std::size_t seen) {
        REQUIRE(run_until([&] { return check.reports().size() > seen; }));
        CHECK(check.reports()[seen].probe == sdk::unsolicited);
        return check.reports()[seen];
    }
};

}  // namespace

TEST_CASE("the main process of a unit is found, its end told, and its return as well") {
    if (!is_possible()) return;
    Bench bench;
    auto child = std::make_unique<Child>();
    bench.systemd->set_main_pid(child->pid());
    auto check = bench.start();
    const auto answer = bench.ask(check);
    CHECK(answer.state == sdk::State::up);
    CHECK(answer.message == "process " + std::to_string(child->pid()) + " (regent-test) is alive");
    REQUIRE(bench.run_until([&] { return bench.systemd->is_subscribed(); }));

    child.reset();
    CHECK(bench.wait_for_push(check, 1).reason == sdk::Reason::exited);
    bench.systemd->set_main_pid(0);
    CHECK(bench.ask(check).reason == sdk::Reason::exited);
    const Child next;
    bench.systemd->set_main_pid(next.pid());
    CHECK(bench.wait_for_push(check, 3).state == sdk::State::up);
}

TEST_CASE("a unit may hand its main process over") {
    if (!is_possible()) return;
    Bench bench;
    auto old = std::make_unique<Child>();
    Child next;
    bench.systemd->set_main_pid(old->pid());
    auto check = bench.start();
    CHECK(bench.ask(check).state == sdk::State::up);
    REQUIRE(bench.run_until([&] { return bench.systemd->is_subscribed(); }));
    bench.systemd->set_main_pid(next.pid());
    const std::string text = "\"pid\":" + std::to_string(next.pid());
    REQUIRE(bench.run_until([&] { return check.describe().find(text) != std::string::npos; }));
    old.reset();
    CHECK(bench.ask(check).state == sdk::State::up);
    CHECK(check.reports().size() == 2);
    next.kill();
    CHECK(bench.wait_for_push(check, 2).state == sdk::State::down);
}

TEST_CASE("within its grace the restart of a unit is not told") {
    if (!is_possible()) return;
    Bench bench;
    auto child = std::make_unique<Child>();
    bench.systemd->set_main_pid(child->pid());
    auto check = bench.start({{"grace", "300ms"}});
    CHECK(bench.ask(check).state == sdk::State::up);
    REQUIRE(bench.run_until([&] { return bench.systemd->is_subscribed(); }));
    child.reset();
    REQUIRE(bench.run_until([&] { return check.describe().find("\"waiting\":true") != std::string::npos; }));
    const Child next;
    bench.systemd->set_main_pid(next.pid());
    REQUIRE(bench.run_until([&] { return check.describe().find("\"waiting\":false") != std::string::npos; }));
    bench.host.advance(10s);
    CHECK(check.reports().size() == 1);
    CHECK(bench.ask(check).state == sdk::State::up);
}

TEST_CASE("a unit without a main process is down") {
    if (!is_possible()) return;
    Bench bench;
    auto check = bench.start();
    const auto answer = bench.ask(check);
    CHECK(answer.state == sdk::State::down);
    CHECK(answer.message == "unit keeper.service has no main process");
}

TEST_CASE("a systemd that hangs makes nobody wait, and no service down") {
    if (!is_possible()) return;
    Bench bench;
    const Child child;
    bench.systemd->set_main_pid(child.pid());
    auto check = bench.start();
    const auto probe = check.probe(1s);
    while (bench.host.poll_once(50ms)) {
    }
    CHECK_FALSE(check.answer(probe));
    bench.host.advance(800ms);
    REQUIRE(check.answer(probe));
    CHECK(check.answer(probe)->state == sdk::State::unknown);
    CHECK(check.answer(probe)->reason == sdk::Reason::timeout);
    CHECK_FALSE(check.answer(probe)->by_host);
    CHECK(bench.ask(check).state == sdk::State::up);
}

TEST_CASE(
    "a systemd that hangs from the start is no fault of the service, however short the time to answer") {
    if (!is_possible()) return;
    Bench bench;
    auto check = bench.start();
    for (int round = 0; round < 5; ++round) {
        const auto probe = check.probe(100ms);
        bench.host.advance(100ms);
        REQUIRE(check.answer(probe));
        CHECK(check.answer(probe)->state == sdk::State::unknown);
        CHECK_FALSE(check.answer(probe)->by_host);
        bench.host.advance(200ms);
    }
}

TEST_CASE("without a bus what is known stays known") {
    if (!is_possible()) return;
    Bench bench;
    Child child;
    bench.systemd->set_main_pid(child.pid());
    auto check = bench.start();
    CHECK(bench.ask(check).state == sdk::State::up);
    bench.systemd.reset();
    bench.bus.end();
    REQUIRE(bench.run_until([&] { return check.watched() == 1; }));  // the process alone
    CHECK(bench.ask(check).state == sdk::State::up);
    auto newcomer = bench.start();
    CHECK(bench.ask(newcomer).state == sdk::State::unknown);
    CHECK(bench.ask(newcomer).reason == sdk::Reason::resource);
    child.kill();
    CHECK(bench.wait_for_push(check, 2).reason == sdk::Reason::exited);
    CHECK(bench.ask(check).reason == sdk::Reason::exited);
}

TEST_CASE("a bus without systemd cannot say anything") {
    if (!is_possible()) return;
    Bench bench;
    bench.systemd.reset();
    auto check = bench.start();
    const auto answer = bench.ask(check);
    CHECK(answer.state == sdk::State::unknown);
    CHECK(answer.message.find("does not say the main process of keeper.service") != std::string::npos);
}

TEST_CASE("nothing is left open after many units") {
    if (!is_possible()) return;
    Bench bench;
    const Child child;
    bench.systemd->set_main_pid(child.pid());
    const std::size_t before = test::open_descriptors();
    for (int round = 0; round < 30; ++round) {
        auto check = bench.start();
        if (round % 2 == 0) CHECK(bench.ask(check).state == sdk::State::up);
        check.destroy();
        REQUIRE(test::open_descriptors() == before);
    }
}
