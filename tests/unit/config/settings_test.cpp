// SPDX-License-Identifier: Apache-2.0
// What good files mean: every key with a value, and every default.
#include <catch2/catch.hpp>

#include "tests/unit/config/support.hpp"

namespace regent::config {
namespace {

using namespace std::chrono_literals;
using test::instance;
using test::load;

core::Instance load_one(const std::string& text) {
    const Loaded loaded = load(text);
    CHECK(loaded.diagnostics == std::vector<Diagnostic>{});
    REQUIRE(loaded.settings);
    REQUIRE(loaded.settings->instances.size() == 1);
    return loaded.settings->instances.front();
}

IpAddress address(std::string_view text) {
    return IpAddress::parse(text).value();
}

TEST_CASE("the four required keys are enough, the rest has defaults") {
    core::Instance expected;
    expected.name = "VI_1";
    expected.interface = "eth0";
    expected.virtual_router_id = 51;
    expected.priority = 100;
    expected.lease = 3s;  // rules.md 7: as long as a peer waits for adverts
    expected.addresses = {{address("192.0.2.10"), 32, "eth0", "", core::Scope::global, std::nullopt}};
    CHECK(load_one(instance()) == expected);
    CHECK(expected.version == vrrp::Version::v3);
    CHECK(expected.advert_interval == 1s);
    CHECK(expected.recover_delay == 10s);
    CHECK(load(instance()).settings->node == "host");
}

TEST_CASE("every key of an instance arrives in the settings") {
    const core::Instance read = load_one(instance(
        R"(
version = 2
advert_interval = "2s"
down_adverts = 4
pair = false
preempt_delay = "1m"
startup_delay = "500ms"
recover_delay = "0s"
debounce = "0.25s"
addresses_excluded = ["2001:db8::1/64", { address = "192.0.2.11/24", device = "eth1" }]
routes = [{ to = "default", via = "192.0.2.1", source = "192.0.2.10", metric = 5, table = 100, device = "eth2" }]
unicast_source = "192.0.2.2"
unicast_peers = ["192.0.2.3"]
unicast_ttl = 64
checksum = "auto"
auth = { type = "pass", password = "secret" }
garp = { count = 3, delay = "2s", refresh = "1m", interval = "2ms" }
track = ["haproxy", { check = "rmi", weight = -60 }, { check = "web", on_down = "fault" }]
track_interfaces = ["eth1", { interface = "eth2", weight = -20 }]
[check]
haproxy = { type = "haproxy" }
rmi = { type = "haproxy" }
web = { type = "haproxy" })",
        R"([{ address = "192.0.2.10/24", label = "eth0:vip", scope = "site", broadcast = "192.0.2.255" }])"));
    CHECK(read.version == vrrp::Version::v2);
    CHECK(read.advert_interval == 2s);
    CHECK(read.down_adverts == 4);
    CHECK_FALSE(read.pair);
    CHECK(read.preempt_delay == 60s);
    CHECK(read.startup_delay == 500ms);
    CHECK(read.recover_delay == 0s);
    CHECK(read.debounce == 250ms);
    CHECK(read.addresses.front() == core::VirtualAddress{address("192.0.2.10"), 24, "eth0", "eth0:vip",
                                                         core::Scope::site, address("192.0.2.255")});
    CHECK(read.addresses_excluded == std::vector<core::VirtualAddress>{
                                         {address("2001:db8::1"), 64, "eth0", "", core::Scope::global, {}},
                                         {address("192.0.2.11"), 24, "eth1", "", core::Scope::global, {}}});
    CHECK(read.routes == std::vector<core::Route>{{address("0.0.0.0"), 0, address("192.0.2.1"), "eth2",
                                                   address("192.0.2.10"), 5, 100}});
    CHECK(read.source_address == address("192.0.2.2"));
    CHECK(read.unicast_peers == std::vector{address("192.0.2.3")});
    CHECK(read.unicast_ttl == 64);
    CHECK(read.password == "secret");
    CHECK(read.gratuitous == core::Gratuitous{3, 2s, 60s, 2ms});
    CHECK(read.checks == std::vector<core::CheckTracker>{{"haproxy", {}, core::OnDown::last_resort},
                                                         {"rmi", -60, core::OnDown::last_resort},
                                                         {"web", {}, core::OnDown::fault}});
    CHECK(read.interfaces == std::vector<core::InterfaceTracker>{{"eth1", {}}, {"eth2", -20}});
}

TEST_CASE("transport keys of multicast") {
    const core::Instance read =
        load_one(instance("source_address = \"192.0.2.2\"\nmulticast_group = \"224.0.0.200\"\nchecksum = "
                          "\"rfc9568\"\npair = true"));
    CHECK(read.source_address == address("192.0.2.2"));
    CHECK(read.multicast_group == address("224.0.0.200"));
    CHECK(read.checksum == core::ChecksumPolicy::message_only);
    CHECK(read.pair);
    CHECK(load_one(instance("checksum = \"rfc5798\"")).checksum == core::ChecksumPolicy::pseudo_header);
}

TEST_CASE("rule 7: the lease is what a peer waits for, in whole seconds, and outlasts an interval") {
    const auto lease = [](const std::string& lines) { return load_one(instance(lines)).lease; };
    CHECK(lease("lease = false") == 0s);
    CHECK(lease("lease = true") == 3s);
    CHECK(lease("lease = \"10s\"") == 10s);
    CHECK(lease("advert_interval = \"100ms\"") == 1s);
    CHECK(lease("advert_interval = \"10ms\"") == 1s);
    CHECK(lease("advert_interval = \"900ms\"") == 2s);
    CHECK(lease("advert_interval = \"2s\"\ndown_adverts = 4") == 8s);
    // With fewer than three adverts floor() would end the lease before it can be renewed.
    CHECK(lease("down_adverts = 1") == 2s);
    CHECK(lease("advert_interval = \"900ms\"\ndown_adverts = 2") == 2s);
}

TEST_CASE("exactly one unicast peer makes a pair unless the file says otherwise") {
    CHECK_FALSE(load_one(instance()).pair);
    CHECK(load_one(instance("unicast_peers = [\"192.0.2.3\"]")).pair);
    CHECK_FALSE(load_one(instance("unicast_peers = [\"192.0.2.3\"]\npair = false")).pair);
    CHECK_FALSE(load_one(instance("unicast_peers = [\"192.0.2.3\", \"192.0.2.4\"]")).pair);
}

TEST_CASE("unicast_source and source_address mean the same") {
    const std::string peers = "unicast_peers = [\"192.0.2.3\"]\n";
    CHECK(load_one(instance(peers + "source_address = \"192.0.2.2\"")).source_address ==
          address("192.0.2.2"));
    CHECK(load_one(instance(peers + "source_address = \"192.0.2.2\"\nunicast_source = \"192.0.2.2\""))
              .source_address == address("192.0.2.2"));
}

TEST_CASE("the family is that of the addresses") {
    const core::Instance six = load_one(instance("", "[\"fe80::1\", \"2001:db8::1/64\"]"));
    CHECK(six.family == Family::ipv6);
    CHECK(six.addresses.front().prefix == 128);
    CHECK(six.addresses.back().prefix == 64);
    const Loaded excluded = load(instance("addresses_excluded = [\"2001:db8::1\"]", "[]"));
    REQUIRE(excluded.settings);
    CHECK(excluded.settings->instances.front().family == Family::ipv6);
    CHECK(excluded.diagnostics.front().code == "advice");
}

TEST_CASE("the ends of the ranges are inside") {
    CHECK(load_one(instance("advert_interval = \"10ms\"")).advert_interval == 10ms);
    CHECK(load_one(instance("advert_interval = \"40.95s\"")).advert_interval == 40950ms);
    CHECK(load_one(instance("version = 2\nadvert_interval = \"255s\"")).advert_interval == 255s);
    CHECK(load_one(instance("down_adverts = 100\nunicast_peers = [\"192.0.2.3\"]\nunicast_ttl = 1"))
              .unicast_ttl == 1);
    CHECK(load_one(instance("track_interfaces = [{ interface = \"eth1\", weight = -253 }]"))
              .interfaces.size() == 1);
    CHECK(load_one(instance("version = 2\nauth = { type = \"pass\", password = \"12345678\" }")).password ==
          "12345678");
    CHECK(load_one(instance("routes = [{ to = \"192.0.2.0/24\", metric = 4294967295 }]"))
              .routes.front()
              .metric == 4294967295U);
    CHECK(load_one(instance("", "[\"192.0.2.10\"]", "VI_1", 255)).priority == 255);
}

TEST_CASE("a route to default takes its family from the gateway") {
    const core::Instance read = load_one(instance("routes = [{ to = \"default\", via = \"2001:db8::1\" }]"));
    CHECK(read.routes.front().destination == address("::"));
    CHECK(read.routes.front().prefix == 0);
    CHECK(read.routes.front().device == "eth0");
}

TEST_CASE("groups, checks and the node arrive in the settings, in the order of the file") {
    const Loaded loaded = load(R"(
[agent]
node = "lb1"
[instance.z]
interface = "eth0"
virtual_router_id = 51
priority = 101
addresses = ["192.0.2.10"]
[instance.a]
interface = "eth1"
virtual_router_id = 51
priority = 101
addresses = ["192.0.2.20"]
[group.SG1]
members = ["z", "a"]
track = [{ check = "haproxy", on_down = "fault" }]
[check.haproxy]
type = "haproxy"
interval = "2s"
fall = 2
rise = 3
jitter = "100ms"
mode = "event"
confirm = true
hold_time = "1m"
)");
    CHECK(loaded.diagnostics.empty());
    REQUIRE(loaded.settings);
    const core::Settings& settings = *loaded.settings;
    CHECK(settings.node == "lb1");
    CHECK(settings.instances.at(0).name == "z");
    CHECK(settings.instances.at(1).name == "a");
    CHECK(settings.groups ==
          std::vector<core::Group>{{"SG1", {"z", "a"}, {{"haproxy", {}, core::OnDown::fault}}}});
    CHECK(settings.checks ==
          std::vector<core::Check>{{"haproxy", "haproxy", 2s, 2s, 3, 2, core::OnUnknown::hold, 60s}});
}

TEST_CASE("one virtual router id may serve both families and several interfaces") {
    const std::string other =
        "[instance.VI_2]\ninterface = \"{}\"\nvirtual_router_id = 51\npriority = 100\naddresses = [\"{}\"]\n";
    CHECK(load(instance(fmt::format(fmt::runtime(other), "eth0", "fe80::1"))).diagnostics.empty());
    CHECK(load(instance(fmt::format(fmt::runtime(other), "eth1", "192.0.2.11"))).diagnostics.empty());
}

TEST_CASE("a link-local address may stand on several links") {
    CHECK(load(instance("addresses_excluded = [{ address = \"fe80::1\", device = \"eth1\" }]",
                        "[\"fe80::1\", \"2001:db8::1\"]"))
              .diagnostics.empty());
}

}  // namespace
}  // namespace regent::config
