// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdio>

#include "plugins/ping/ping_check.hpp"
#include "regent/testing.hpp"
#include "tests/unit/platform/network.hpp"
#include "tests/unit/plugins/stopwatch.hpp"

using namespace std::chrono_literals;
using namespace regent;
using namespace regent::sdk;
using platform::test::Cable;
using platform::test::Namespace;
using platform::test::run;
using plugins::Descriptor;
using plugins::ping::PingCheck;
using sdk::testing::FakeHost;
using sdk::testing::Refused;
using sdk::testing::Settings;
using Names = std::vector<std::string>;

namespace {

struct Bench {
    FakeHost host;
    sdk::testing::Instance check;

    explicit Bench(const Names& targets, Settings settings = {})
        : check(host.create(sdk::check<PingCheck>, with(std::move(settings), targets))) {
        check.start();
    }
    ~Bench() {
        check.destroy();
        CHECK(host.violations() == std::vector<std::string>{});
    }
    static Settings with(Settings settings, const Names& targets) {
        settings.push_back({"targets", targets});
        return settings;
    }
    sdk::testing::Report answer(ProbeId probe) {
        REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
        CHECK(check.timers() == 0);
        return *check.answer(probe);
    }
    sdk::testing::Report ask() { return answer(check.probe()); }
    bool has(const std::string& part) const { return check.describe().find(part) != std::string::npos; }
};

std::string refusal(const Settings& settings) {
    FakeHost host;
    try {
        (void)host.create(sdk::check<PingCheck>, settings);
    } catch (const Refused& refused) {
        return refused.param + ": " + refused.what();
    }
    return "accepted";
}

/// Stands in the place of 192.0.2.2's kernel and answers what the test wants. To be made, and used, from
/// anywhere: its socket stays in its namespace.
class Impostor {
  public:
    explicit Impostor(const Cable& cable) {
        cable.right.enter();
        run("echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all");
        socket_ = Descriptor(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
        REQUIRE(socket_);
        cable.left.enter();
    }
    /// The ICMP message of the next request.
    std::vector<std::uint8_t> request() const {
        for (;;) {
            REQUIRE(platform::test::readable(socket_.get()));
            std::vector<std::uint8_t> packet(1500);
            const ssize_t size = ::recv(socket_.get(), packet.data(), packet.size(), 0);
            REQUIRE(size > 20);
            packet.resize(static_cast<std::size_t>(size));
            packet.erase(packet.begin(), packet.begin() + 20);
            if (packet[0] == 8) return packet;
        }
    }
    /// Sends `message` as an echo reply, with a checksum that is right.
    void reply(std::vector<std::uint8_t> message) const {
        message[0] = message[2] = message[3] = 0;
        const std::uint16_t sum = plugins::ping::internet_checksum(message);
        message[2] = static_cast<std::uint8_t>(sum >> 8);
        message[3] = static_cast<std::uint8_t>(sum);
        const auto to = *plugins::socket_address("192.0.2.1");
        REQUIRE(::sendto(socket_.get(), message.data(), message.size(), 0, &to.any, to.size) > 0);
    }

  private:
    Descriptor socket_;
};

}  // namespace

TEST_CASE("ping: both families answer") {
    REQUIRE_NETWORK();
    const Cable cable;
    Bench bench({"192.0.2.2", "2001:db8::2"}, {{"min_alive", 2}});
    const auto report = bench.ask();
    CHECK(report.state == State::up);
    CHECK(report.message == "2 of 2 targets answered, 2 needed");
    REQUIRE(report.metrics.size() == 1);
    CHECK(report.metrics[0].name == "rtt_seconds");
    CHECK(bench.ask().state == State::up);
}

TEST_CASE("ping: link-local targets through an interface") {
    REQUIRE_NETWORK();
    const Cable cable;
    Bench bench({"fe80::2", "192.0.2.2"}, {{"interface", "left0"}, {"min_alive", 2}});
    CHECK(bench.ask().state == State::up);
    Bench from({"192.0.2.2"}, {{"source", "192.0.2.1"}});
    CHECK(from.ask().state == State::up);
}

TEST_CASE("ping: enough is enough") {
    REQUIRE_NETWORK();
    const Cable cable;
    Bench bench({"192.0.2.77", "192.0.2.2", "192.0.2.78"});
    const auto report = bench.ask();
    CHECK(report.state == State::up);
    CHECK(report.message == "1 of 3 targets answered, 1 needed");
}

TEST_CASE("ping: who is silent is named, shortly before the deadline") {
    REQUIRE_NETWORK();
    const Cable cable;
    Bench bench({"192.0.2.2", "192.0.2.77"}, {{"min_alive", 2}});
    const auto probe = bench.check.probe(1s);
    REQUIRE(bench.host.run_until([&] { return bench.has("\"answered\":1"); }));
    bench.host.advance(949ms);
    CHECK_FALSE(bench.check.answer(probe));
    bench.host.advance(1ms);
    const auto report = bench.answer(probe);
    CHECK_FALSE(report.by_host);
    CHECK(report.state == State::down);
    CHECK(report.reason == Reason::timeout);
    CHECK(report.message == "1 of 2 targets answered, silent: 192.0.2.77");
    // A deadline so short that 5 % of it is nothing.
    Bench hasty({"192.0.2.77"});
    const auto quick = hasty.check.probe(2ms);
    hasty.host.advance(1ms);
    CHECK_FALSE(hasty.answer(quick).by_host);
}

TEST_CASE("ping: of many silent ones, some are named") {
    REQUIRE_NETWORK();
    const Cable cable;
    Names targets;
    for (int host = 100; host < 164; ++host)
        targets.push_back("192.0.2." + std::to_string(host));
    Bench bench(targets);
    const auto probe = bench.check.probe(1s);
    bench.host.advance(950ms);
    CHECK(bench.answer(probe).message ==
          "0 of 64 targets answered, silent: 192.0.2.100, 192.0.2.101, 192.0.2.102, 192.0.2.103 and 60 more");
}

TEST_CASE("ping: what cannot be reached is not waited for") {
    REQUIRE_NETWORK();
    const Cable cable;
    run("ip route add unreachable 198.51.100.1");
    Bench no_route({"203.0.113.1", "198.51.100.1"});
    const auto report = no_route.answer(no_route.check.probe());
    CHECK(report.state == State::down);
    CHECK(report.reason == Reason::unreachable);
    CHECK(report.message ==
          "0 of 2 targets answered; 203.0.113.1: Network is unreachable; 198.51.100.1: No route to host");
    Bench one_left({"203.0.113.1", "192.0.2.2"});
    CHECK(one_left.ask().state == State::up);
    Bench both_needed({"203.0.113.1", "192.0.2.2"}, {{"min_alive", 2}});
    CHECK(both_needed.ask().state == State::down);
}

TEST_CASE("ping: a router's word that there is no way counts") {
    REQUIRE_NETWORK();
    const Cable cable;
    cable.right.enter();
    run("echo 1 > /proc/sys/net/ipv4/ip_forward && echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
    run("ip route add unreachable 198.51.100.0/24 && ip -6 route add unreachable 2001:db8:1::/64");
    cable.left.enter();
    run("ip route add 198.51.100.0/24 via 192.0.2.2 && ip -6 route add 2001:db8:1::/64 via 2001:db8::2");
    for (const char* const target : {"198.51.100.1", "2001:db8:1::1"}) {
        Bench bench({target});
        const auto report = bench.ask();
        CHECK(report.state == State::down);
        CHECK(report.reason == Reason::unreachable);
        CHECK_THAT(report.message, Catch::Contains(std::string(target) + ": unreachable, code"));
    }
}

TEST_CASE("ping: a packet that a rule of this machine refuses does not count as silence") {
    REQUIRE_NETWORK();
    const Cable cable;
    run("ip route add prohibit 198.51.100.1");
    Bench bench({"198.51.100.1"});
    const auto report = bench.ask();
    CHECK(report.reason == Reason::unreachable);
    CHECK_THAT(report.message, Catch::Contains("198.51.100.1: Permission denied"));
}

TEST_CASE("ping: only the reply to this very request counts") {
    REQUIRE_NETWORK();
    const Cable cable;
    const Impostor impostor(cable);
    Bench bench({"192.0.2.2"});
    const auto first = bench.check.probe(1s);
    const auto late = impostor.request();
    bench.host.advance(950ms);
    CHECK(bench.answer(first).reason == Reason::timeout);

    const auto probe = bench.check.probe(1s);
    const auto asked = impostor.request();
    impostor.reply(late);
    auto forged = asked;
    forged[15] ^= 1;
    impostor.reply(forged);
    auto other_sequence = asked;
    other_sequence[7] ^= 1;
    impostor.reply(other_sequence);
    auto without_cookie = asked;
    without_cookie.resize(8);
    impostor.reply(without_cookie);
    REQUIRE(bench.host.run_until([&] { return bench.has("\"strays\":3"); }));
    CHECK_FALSE(bench.check.answer(probe));
    impostor.reply(asked);
    CHECK(bench.answer(probe).state == State::up);
    // Twice is no harm.
    impostor.reply(asked);
    REQUIRE(bench.host.run_until([&] { return bench.has("\"strays\":4"); }));
}

TEST_CASE("ping: the right reply from the wrong address") {
    REQUIRE_NETWORK();
    const Cable cable;
    const Impostor impostor(cable);
    Bench bench({"192.0.2.2"});
    const auto probe = bench.check.probe(1s);
    const auto asked = impostor.request();
    cable.right.enter();
    run("ip addr del 192.0.2.2/24 dev right0 && ip addr add 192.0.2.3/24 dev right0");
    cable.left.enter();
    impostor.reply(asked);
    REQUIRE(bench.host.run_until([&] { return bench.has("\"strays\":1"); }));
    CHECK_FALSE(bench.check.answer(probe));
}

TEST_CASE("ping: checks do not hear each other's replies") {
    REQUIRE_NETWORK();
    const Cable cable;
    Bench quiet({"192.0.2.2", "2001:db8::2"}, {{"min_alive", 2}});
    CHECK(quiet.ask().state == State::up);
    REQUIRE(quiet.host.run_until([&] { return !quiet.host.poll_once(); }));
    Bench busy({"192.0.2.2", "2001:db8::2"}, {{"min_alive", 2}});
    for (int round = 0; round < 20; ++round)
        CHECK(busy.ask().state == State::up);
    CHECK_FALSE(quiet.host.poll_once());
    CHECK(quiet.has("\"strays\":0"));
    CHECK(busy.has("\"strays\":0"));
}

TEST_CASE("ping: a probe that is given up leaves nothing behind") {
    REQUIRE_NETWORK();
    const Cable cable;
    const Impostor impostor(cable);
    Bench bench({"192.0.2.2"});
    (void)bench.check.probe(1s);
    bench.check.cancel();
    CHECK(bench.check.timers() == 0);
    impostor.reply(impostor.request());
    REQUIRE(bench.host.run_until([&] { return bench.has("\"strays\":1"); }));
    CHECK(bench.check.reports().empty());
}

TEST_CASE("ping: without CAP_NET_RAW nothing can be said, until it is there") {
    REQUIRE_NETWORK();
    const Cable cable;
    Bench bench({"192.0.2.2"});
    {
        const platform::test::WithoutCapability without(CAP_NET_RAW);
        const auto report = bench.ask();
        CHECK(report.state == State::unknown);
        CHECK(report.reason == Reason::permission);
        CHECK(report.message == "no raw socket, which takes CAP_NET_RAW: Operation not permitted");
    }
    CHECK(bench.ask().state == State::up);
}

TEST_CASE("ping: an interface that is not there, comes and is made anew") {
    REQUIRE_NETWORK();
    const Cable cable;
    Bench bench({"192.0.2.2"}, {{"interface", "later0"}});
    const auto missing = bench.ask();
    CHECK(missing.state == State::unknown);
    CHECK(missing.reason == Reason::config);
    CHECK_THAT(missing.message, Catch::StartsWith("interface later0"));
    run("ip link add name later0 type bridge && ip link set later0 up");
    const auto silent = bench.check.probe(1s);
    bench.host.advance(950ms);
    CHECK(bench.answer(silent).state == State::down);
    run("ip link del later0");
    CHECK(bench.ask().state == State::down);
    run("ip link set left0 down && ip link set left0 name later0 && ip link set later0 up");
    run("ip addr flush dev later0 && ip addr add 192.0.2.1/24 dev later0");
    CHECK(bench.ask().state == State::up);
}

TEST_CASE("ping: a source that is not here any more says nothing about the targets") {
    REQUIRE_NETWORK();
    const Cable cable;
    const auto [source, prefix, target] = GENERATE(table<const char*, const char*, const char*>(
        {{"192.0.2.9", "/24", "192.0.2.2"}, {"2001:db8::9", "/64 nodad", "2001:db8::2"}}));
    CAPTURE(source);
    const std::string address = std::string(source) + prefix + " dev left0";
    const std::string family = std::string(source).find(':') == std::string::npos ? "-4" : "-6";
    const std::string route = "ip " + family + " route show table local " + source;
    const auto add = [&] {
        run("ip addr add " + address);
        // To an IPv6 address nothing comes before a thread of the kernel has made its route
        // (addrconf_dad_completed() of net/ipv6).
        platform::test::eventually([&] { return !platform::test::output_of(route).empty(); });
    };
    add();
    Bench bench({target}, {{"source", source}});
    CHECK(bench.ask().state == State::up);
    run("ip addr del " + address);
    const auto gone = bench.ask();
    CHECK(gone.state == State::unknown);
    CHECK(gone.reason == Reason::config);
    CHECK_THAT(gone.message, Catch::StartsWith("source"));
    add();
    CHECK(bench.ask().state == State::up);
}

TEST_CASE("ping: parameters that make no sense are refused by name") {
    CHECK_THAT(refusal({}), Catch::StartsWith("targets: "));
    CHECK_THAT(refusal({{"targets", Names{}}}), Catch::StartsWith("targets: "));
    CHECK_THAT(refusal({{"targets", Names{"127.0.0.1", "127.0.0.1"}}}),
               Catch::StartsWith("targets: \"127.0.0.1\" is there twice"));
    CHECK_THAT(refusal({{"targets", Names{"127.0.0.1"}}, {"min_alive", 2}}),
               Catch::StartsWith("min_alive: is more than there are"));
    CHECK_THAT(refusal({{"targets", Names{"fe80::1"}}}),
               Catch::StartsWith("targets: \"fe80::1\" is link-local"));
    CHECK_THAT(refusal({{"targets", Names{"127.0.0.1", "::1"}}, {"source", "127.0.0.1"}}),
               Catch::StartsWith("source: must be of the same family"));
    CHECK_THAT(refusal({{"targets", Names{"127.0.0.1"}}, {"interface", "sixteen-bytes-it"}}),
               Catch::StartsWith("interface: "));
    CHECK(refusal({{"targets", Names{"127.0.0.1", "::1"}}, {"min_alive", 2}}) == "accepted");
}

TEST_CASE("ping: what a probe costs") {
    REQUIRE_NETWORK();
    const Cable cable;
    Bench bench({"192.0.2.2"});
    std::vector<double> spent;
    test::Stopwatch watch;
    for (int count = 0; count < 501; ++count) {
        watch.start();
        const auto probe = bench.check.probe();
        while (!bench.check.answer(probe))
            REQUIRE(bench.host.poll_once(5000ms));
        spent.push_back(watch.microseconds());
    }
    std::sort(spent.begin(), spent.end());
    const double median = spent[spent.size() / 2];
    std::printf("ping: median %.0f us from probe to verdict over a veth (bound 20000)\n", median);
    CHECK(median < 20000);
}
