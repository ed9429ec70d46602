// SPDX-License-Identifier: Apache-2.0
// What an operator asks of checks, notifiers and plugins: each order is answered once.
#include <catch2/catch.hpp>
#include <regent/abi/result.h>

#include "tests/unit/plugin/supervisor_bench.hpp"

using namespace std::chrono_literals;
using namespace regent;
using namespace regent::plugin;
using namespace regent::plugin::test;
using Outcome = OrderAnswer::Outcome;
using Kind = Order::Kind;

namespace {

const OrderAnswer& only(const std::vector<OrderAnswer>& answers) {
    REQUIRE(answers.size() == 1);
    return answers.front();
}

}  // namespace

TEST_CASE("order: a check is asked now, and whoever asked hears its answer") {
    Bench bench({"lb1", {check("a")}, {}});
    auto& host = *bench.hosts.front();
    bench.make_all(host);
    bench.answer(host, host.heard_of<Probe>().at(0), REGENT_STATE_UP);
    const auto before = bench.supervisor.next_deadline();
    bench.supervisor.obey({7, Kind::run_check, "a"}, bench.begin);
    bench.supervisor.obey({8, Kind::run_check, "a"}, bench.begin);
    bench.supervisor.run(bench.begin);
    const auto probes = host.heard_of<Probe>();
    REQUIRE(probes.size() == 1);
    CHECK(bench.answers.empty());
    bench.answer(host, probes[0], REGENT_STATE_DOWN);
    REQUIRE(bench.answers.size() == 2);
    CHECK(bench.answers[0].id == 7);
    CHECK(bench.answers[1].id == 8);
    CHECK(bench.answers[0].outcome == Outcome::done);
    CHECK(bench.answers[0].state == "down");
    CHECK(bench.answers[0].text == "said");
    CHECK(bench.verdicts.back().state == core::CheckState::down);
    // The beats after it stay where they were.
    CHECK(bench.supervisor.next_deadline() == before);
}

TEST_CASE("order: the answer of a probe that was under way before is not the one that was asked for") {
    Bench bench({"lb1", {check("a")}, {}});
    auto& host = *bench.hosts.front();
    bench.make_all(host);
    const auto first = host.heard_of<Probe>().at(0);
    bench.supervisor.obey({7, Kind::run_check, "a"}, bench.begin);
    bench.answer(host, first, REGENT_STATE_DOWN);
    CHECK(bench.answers.empty());
    bench.supervisor.run(bench.begin);
    bench.answer(host, host.heard_of<Probe>().at(0), REGENT_STATE_UP);
    CHECK(only(bench.answers).state == "up");
}

TEST_CASE("order: a check that says nothing, and one whose host is gone, are unknown") {
    Bench bench({"lb1", {check("a")}, {}});
    auto& host = *bench.hosts.front();
    bench.make_all(host);
    bench.answer(host, host.heard_of<Probe>().at(0), REGENT_STATE_UP);
    bench.supervisor.obey({7, Kind::run_check, "a"}, bench.begin);
    SECTION("silent") {
        bench.supervisor.run(bench.begin);
        bench.supervisor.run(bench.begin + 1s + 250ms);
    }
    SECTION("dead") {
        host.die();
        settle(bench.loop);
    }
    CHECK(only(bench.answers).state == "unknown");
    CHECK_FALSE(only(bench.answers).text.empty());
}

TEST_CASE("order: of a check without a host nobody has to wait; too many may not wait at once") {
    Bench bench({"lb1", {check("a")}, {}});
    auto& host = *bench.hosts.front();
    for (std::uint64_t id = 1; id <= CheckRunner::maximum_asked + 1; ++id)
        bench.supervisor.obey({id, Kind::run_check, "a"}, bench.begin);
    CHECK(bench.answers.size() == CheckRunner::maximum_asked + 1);
    CHECK(bench.answers.back().state == "unknown");
    bench.answers.clear();
    bench.make_all(host);
    for (std::uint64_t id = 1; id <= CheckRunner::maximum_asked + 1; ++id)
        bench.supervisor.obey({id, Kind::run_check, "a"}, bench.begin);
    CHECK(only(bench.answers).outcome == Outcome::busy);
    bench.answers.clear();
    bench.supervisor.apply({"lb1", {}, {}}, bench.begin);
    REQUIRE(bench.answers.size() == CheckRunner::maximum_asked);
    CHECK(bench.answers.front().outcome == Outcome::failed);
}

TEST_CASE("order: a notifier is tested whatever it is interested in, after what waits") {
    auto plan = notifier("log");
    plan.events = {"fault"};
    Bench bench({"lb1", {}, {plan}});
    auto& host = *bench.hosts.front();
    bench.make_all(host);
    bench.supervisor.obey({7, Kind::test_notifier, "log", "asked for by uid 0", 5}, bench.begin);
    const auto told = host.heard_of<Notify>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == static_cast<std::uint32_t>(notify::EventKind::test));
    CHECK(told[0].name == "log");
    CHECK(told[0].wall == 5);
    CHECK(told[0].reason == "asked for by uid 0");
    const bool delivered = GENERATE(true, false);
    host.say(Ack{told[0].instance, told[0].event, delivered, delivered ? "" : "exit status 1"});
    settle(bench.loop);
    CHECK(only(bench.answers).outcome == (delivered ? Outcome::done : Outcome::failed));
    CHECK(only(bench.answers).text == (delivered ? "" : "exit status 1"));
    CHECK(bench.incidents.size() == (delivered ? 0 : 1));
}

TEST_CASE("order: whatever becomes of a test, it is answered, and what is not delivered is told") {
    Bench bench({"lb1", {}, {notifier("log")}});
    auto& host = *bench.hosts.front();
    bench.make_all(host);
    bench.supervisor.obey({7, Kind::test_notifier, "log"}, bench.begin);
    SECTION("nobody ends it") {
        bench.supervisor.run(bench.begin + 10s + 250ms);
    }
    SECTION("its host dies") {
        host.die();
        settle(bench.loop);
    }
    SECTION("its notifier is removed") {
        bench.supervisor.apply({"lb1", {}, {}}, bench.begin);
    }
    CHECK(only(bench.answers).outcome == Outcome::failed);
    const auto failed = bench.incidents_of<DeliveryFailed>();
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].notifier == "log");
    CHECK(failed[0].reason == only(bench.answers).text);
}

TEST_CASE("order: a notifier that cannot work fails its tests, those that wait and those that come") {
    Bench bench({"lb1", {}, {notifier("log")}});
    auto& host = *bench.hosts.front();
    const auto made = host.heard_of<Create>();
    bench.supervisor.notify(event(1), bench.begin);
    bench.supervisor.obey({7, Kind::test_notifier, "log"}, bench.begin);
    CHECK(bench.answers.empty());
    SECTION("it is refused") {
        host.say(Refused{made.at(0).instance, {}, "there is no such program"});
        settle(bench.loop);
        CHECK(only(bench.answers).text == "there is no such program");
        bench.answers.clear();
        bench.supervisor.obey({8, Kind::test_notifier, "log"}, bench.begin);
        CHECK(only(bench.answers).id == 8);
        CHECK(only(bench.answers).text == "there is no such program");
    }
    SECTION("its host dies") {
        host.die();
        settle(bench.loop);
        CHECK(only(bench.answers).text == "its plugin host has ended");
    }
    CHECK(only(bench.answers).outcome == Outcome::failed);
    // What has happened waits on.
    CHECK(bench.incidents_of<DeliveryFailed>().front().sequence == 0);
    CHECK_FALSE(bench.supervisor.delivered());
}

TEST_CASE("order: events that find no room are told with their numbers") {
    Bench bench({"lb1", {}, {notifier("log")}});
    for (std::uint64_t number = 1; number <= 10; ++number)
        bench.supervisor.notify(event(number), bench.begin);
    const auto failed = bench.incidents_of<DeliveryFailed>();
    REQUIRE(failed.size() == 6);
    CHECK(failed.front().sequence == 1);
    CHECK(failed.back().sequence == 6);
}

TEST_CASE("order: a plugin is started again in peace, and whoever asked hears when it runs") {
    Bench bench({"lb1", {check("a")}, {}});
    bench.make_all(*bench.hosts.front());
    bench.supervisor.obey({7, Kind::restart_plugin, "regent-tcp"}, bench.begin);
    bench.supervisor.obey({8, Kind::restart_plugin, "regent-tcp"}, bench.begin);
    bench.hosts.front()->die();
    settle(bench.loop);
    bench.supervisor.run(bench.begin);
    REQUIRE(bench.hosts.size() == 2);
    CHECK(bench.answers.empty());
    // What the check said last stands, whatever it has for UNKNOWN.
    CHECK(bench.verdicts.empty());
    SECTION("it runs") {
        bench.hosts.back()->say(HostHello{protocol_version, "id", "2"});
        settle(bench.loop);
        REQUIRE(bench.answers.size() == 2);
        CHECK(bench.answers[0].outcome == Outcome::done);
        CHECK(bench.make_all(*bench.hosts.back()).size() == 1);
        CHECK(bench.incidents.empty());
    }
    SECTION("it does not") {
        bench.hosts.back()->die();
        settle(bench.loop);
        REQUIRE(bench.answers.size() == 2);
        CHECK(bench.answers[0].outcome == Outcome::failed);
        CHECK(bench.answers[0].text == "plugin host of regent-tcp.so has ended");
        CHECK(bench.incidents_of<Crashed>().size() == 1);
        REQUIRE(bench.verdicts.size() == 1);
        CHECK(bench.verdicts[0].state == core::CheckState::unknown);
    }
}

TEST_CASE("order: who has asked a check does not wait for its host to be started again") {
    Bench bench({"lb1", {check("a")}, {}});
    bench.make_all(*bench.hosts.front());
    bench.supervisor.obey({7, Kind::run_check, "a"}, bench.begin);
    bench.supervisor.obey({8, Kind::restart_plugin, "regent-tcp"}, bench.begin);
    CHECK(only(bench.answers).state == "unknown");
    CHECK(only(bench.answers).text == "its plugin host is being restarted");
}

TEST_CASE("order: a plugin is started again also where nothing uses it any more: somebody waits for that") {
    Bench bench({"lb1", {check("a")}, {}});
    bench.make_all(*bench.hosts.front());
    bench.supervisor.obey({7, Kind::restart_plugin, "regent-tcp"}, bench.begin);
    bench.supervisor.apply({"lb1", {}, {}}, bench.begin);
    bench.hosts.front()->die();
    settle(bench.loop);
    bench.supervisor.run(bench.begin);
    REQUIRE(bench.hosts.size() == 2);
    bench.hosts.back()->say(HostHello{protocol_version, "id", "2"});
    settle(bench.loop);
    CHECK(only(bench.answers).outcome == Outcome::done);
}

TEST_CASE("order: a host that does not end in peace is killed, and the order is still done") {
    Bench bench({"lb1", {check("a")}, {}});
    bench.make_all(*bench.hosts.front());
    bench.supervisor.obey({7, Kind::restart_plugin, "regent-tcp"}, bench.begin);
    bench.supervisor.run(bench.begin + 2s);
    CHECK(bench.verdicts.size() == 1);  // nobody knows how long it takes
    bench.hosts.front()->die();         // of the signal
    settle(bench.loop);
    bench.supervisor.run(bench.begin + 2s);
    REQUIRE(bench.hosts.size() == 2);
    bench.hosts.back()->say(HostHello{protocol_version, "id", "2"});
    settle(bench.loop);
    CHECK(only(bench.answers).outcome == Outcome::done);
}

TEST_CASE("order: what does not exist is said to be unknown") {
    Bench bench({"lb1", {check("a")}, {notifier("log")}});
    for (const auto kind : {Kind::run_check, Kind::test_notifier, Kind::restart_plugin})
        bench.supervisor.obey({7, kind, "nobody"}, bench.begin);
    REQUIRE(bench.answers.size() == 3);
    for (const auto& answer : bench.answers)
        CHECK(answer.outcome == Outcome::unknown_target);
    CHECK(bench.answers[2].text == "there is no plugin nobody");
}

TEST_CASE("order: a host that crashes is told of, one that is let go is not") {
    Bench bench({"lb1", {check("a")}, {}});
    bench.make_all(*bench.hosts.front());
    SECTION("crashed") {
        bench.hosts.front()->die();
        settle(bench.loop);
        const auto crashed = bench.incidents_of<Crashed>();
        REQUIRE(crashed.size() == 1);
        CHECK(crashed[0].plugin == "regent-tcp");
        CHECK(crashed[0].reason == "has ended");
    }
    SECTION("let go") {
        bench.supervisor.apply({"lb1", {}, {}}, bench.begin);
        bench.supervisor.run(bench.begin + 1s);
        bench.hosts.front()->die();
        settle(bench.loop);
        CHECK(bench.incidents.empty());
    }
}
