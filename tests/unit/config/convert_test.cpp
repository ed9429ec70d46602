// SPDX-License-Identifier: Apache-2.0
// What a keepalived.conf means must be what the converted file means.
#include "agent/config/convert.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fstream>
#include <rapidcheck/catch.h>

#include "agent/config/config.hpp"

#include "tests/unit/config/convert_support.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace regent::config {
namespace {

using namespace std::chrono_literals;

Converted convert(std::string_view text, const std::string& id = "lb1") {
    return convert_text(text, "k", {id}, test::plugins_of_convert());
}

std::string shown(const Converted& converted) {
    return render(converted.diagnostics, false) + converted.toml.value_or("");
}

Loaded load(const Converted& converted) {
    return load_text(converted.toml.value(), "f", test::plugins_of_convert(), "host");
}

/// The settings of the result, which must have no error.
core::Settings settings(std::string_view text) {
    const Converted converted = convert(text);
    INFO(shown(converted));
    REQUIRE_FALSE(has_errors(converted.diagnostics));
    return load(converted).settings.value();
}

std::string instance(std::string_view more, std::string_view name = "VI_1", int vrid = 51) {
    return fmt::format(
        "vrrp_instance {} {{\n interface eth0\n virtual_router_id {}\n virtual_ipaddress {{ 192.0.2.{} "
        "}}\n{}\n}}\n",
        name, vrid, vrid, more);
}

/// "line severity code" of each diagnostic.
std::vector<std::string> brief(const Converted& converted) {
    std::vector<std::string> lines;
    for (const Diagnostic& each : converted.diagnostics) {
        lines.push_back(fmt::format("{} {} {}", each.line,
                                    each.severity == Diagnostic::Severity::error ? "error" : "warning",
                                    each.code));
    }
    return lines;
}

using Brief = std::vector<std::string>;

void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

TEST_CASE("keepalived's defaults are written, not regent's") {
    const core::Instance made = settings(instance("")).instances.at(0);
    CHECK(made.version == vrrp::Version::v2);
    CHECK(made.priority == 100);
    CHECK(made.advert_interval == 1s);
    CHECK(made.down_adverts == 3);
    CHECK(made.preempt);
    CHECK(made.addresses.at(0).prefix == 32);
    CHECK(made.addresses.at(0).scope == core::Scope::global);
    CHECK_FALSE(made.addresses.at(0).broadcast);
    CHECK(made.gratuitous.count == 5);
    CHECK(made.gratuitous.delay == 5s);
    CHECK(made.gratuitous.refresh == 0s);
    CHECK_FALSE(made.pair);
}

TEST_CASE("global settings hold for every instance, wherever they stand, unless it has its own") {
    const core::Settings made =
        settings(instance("garp_master_delay 1\n version 2", "A", 1) + instance("", "B", 2) +
                 "global_defs {\n vrrp_version 3\n vrrp_min_garp\n vrrp_garp_master_refresh 30\n "
                 "vrrp_mcast_group4 224.0.0.9\n"
                 " vrrp_down_timer_adverts 5\n vrrp_startup_delay 0.5\n router_id node-1\n}\n");
    CHECK(made.node == "node-1");
    CHECK(made.instances.at(0).version == vrrp::Version::v2);
    CHECK(made.instances.at(0).gratuitous.delay == 1s);
    CHECK(made.instances.at(1).version == vrrp::Version::v3);
    CHECK(made.instances.at(1).gratuitous.delay == 0s);
    for (const core::Instance& each : made.instances) {
        CHECK(each.gratuitous.count == 1);
        CHECK(each.gratuitous.refresh == 30s);
        CHECK(each.multicast_group == IpAddress::parse("224.0.0.9"));
        CHECK(each.down_adverts == 5);
        CHECK(each.startup_delay == 500ms);
    }
}

TEST_CASE("without a priority state MASTER is the owner, as with keepalived") {
    const auto priority = [](std::string_view more) {
        return settings(instance(more)).instances.at(0).priority;
    };
    CHECK(priority("state MASTER") == 255);
    CHECK(priority("state MASTER\n state BACKUP") == 255);
    CHECK(priority("state BACKUP\n state MASTER") == 255);
    CHECK(priority("state MASTER\n priority 120") == 120);
    CHECK(priority("state BACKUP") == 100);
    CHECK(brief(convert(instance("state MASTER"))) == Brief{"5 warning advice"});
    CHECK(
        settings(instance("state MASTER\n state BACKUP\n priority 120\n nopreempt")).instances.at(0).preempt);
}

TEST_CASE("what is tracked above its definition counts and is told, for keepalived ignores it") {
    const std::string process = "vrrp_track_process s { process s }\n";
    const std::string one = instance("track_process { s }");
    const std::string two = instance("") + instance("", "VI_2", 52);
    const std::string group =
        "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n track_process {\n s\n }\n}\n";
    CHECK(brief(convert(one + process)) == Brief{"5 warning advice"});
    CHECK(brief(convert(process + one)).empty());
    CHECK(brief(convert(group + process + two)) == Brief{"7 warning advice"});
    CHECK(brief(convert(process + group + two)).empty());
    CHECK(settings(one + process).instances.at(0).checks.size() == 1);
}

TEST_CASE("a command in quotes is no name of a process") {
    const Converted converted = convert("vrrp_track_process p { process \"/usr/sbin/a -f /etc/a.cfg\" }\n" +
                                        instance("track_process { p }"));
    INFO(shown(converted));
    CHECK(brief(converted) == Brief{"1 warning advice"});
    CHECK(converted.toml->find("name              = \"a\"\n") != std::string::npos);
    CHECK(converted.toml->find("arguments         = [\"-f\", \"/etc/a.cfg\"]\n") != std::string::npos);
}

TEST_CASE("a router_id that is no name of a node costs nothing") {
    const Converted converted = convert("global_defs {\n router_id \"LB 1 (left)\"\n}\n" + instance(""));
    INFO(shown(converted));
    CHECK(brief(converted) == Brief{"2 warning unsupported"});
    CHECK(load(converted).settings->node == "host");
}

TEST_CASE("times are those that keepalived takes") {
    CHECK(settings(instance("version 3\n advert_int 0.125")).instances.at(0).advert_interval == 130ms);
    CHECK(settings(instance("version 2\n advert_int 1.5")).instances.at(0).advert_interval == 2s);
    // It ignores these, and takes one second.
    for (const char* const wrong : {"version 3\n advert_int 0.004", "version 2\n advert_int 0.009",
                                    "version 3\n advert_int 0", "version 2\n advert_int 256"}) {
        const Converted none = convert(instance(wrong));
        INFO(shown(none));
        CHECK(brief(none) == Brief{"6 error out_of_range"});
        CHECK(none.toml->find("advert_interval   ") == std::string::npos);
    }
    CHECK(settings(instance("preempt_delay 1000")).instances.at(0).preempt_delay == 1000s);
    const Converted refused = convert(instance("preempt_delay 1000.5"));
    INFO(shown(refused));
    CHECK(brief(refused) == Brief{"5 error out_of_range"});
    CHECK(refused.toml->find("preempt_delay   ") == std::string::npos);
}

TEST_CASE("an interface that a group and its member track is tracked once") {
    const std::string members = instance("track_interface {\n eth1\n}", "A", 1) + instance("", "B", 2);
    const core::Settings made =
        settings(members + "vrrp_sync_group G {\n group {\n A\n B\n }\n track_interface {\n eth1\n }\n}\n");
    CHECK(made.instances.at(0).interfaces.size() == 1);
}

TEST_CASE("a check without a weight is FAULT, as with keepalived") {
    const core::Settings made = settings("vrrp_script a { script /bin/a\n fall 2\n rise 3\n interval 2 }\n" +
                                         instance("track_script { a }"));
    CHECK(made.instances.at(0).checks.at(0).on_down == core::OnDown::fault);
    CHECK_FALSE(made.instances.at(0).checks.at(0).weight);
    const core::Check& check = made.checks.at(0);
    CHECK(check.interval == 2s);
    CHECK(check.timeout == 2s);
    CHECK(check.fall == 2);
    CHECK(check.rise == 3);
}

TEST_CASE("what follows a quoted command is none of its arguments") {
    const Converted converted = convert(
        "global_defs {\n script_user root\n}\nvrrp_script a { script \"/bin/a -x\" interval 5 weight -20 "
        "}\n" +
        instance("track_script { a }"));
    INFO(shown(converted));
    CHECK(brief(converted) == Brief{"2 warning unsupported", "4 error bad_value"});
    CHECK(converted.toml->find(R"(command           = ["/bin/a", "-x"])") != std::string::npos);
    CHECK(converted.toml->find(R"(# k:4: LOST: "interval" behind)") != std::string::npos);
}

TEST_CASE("an instance without an address is not missed, unless its group follows its interface") {
    const std::string empty = "vrrp_instance E {\n interface eth1\n virtual_router_id 9\n}\n";
    CHECK(brief(convert(instance("") + empty)) == Brief{"7 warning no_effect"});
    const Converted lost =
        convert(instance("") + empty + "vrrp_sync_group G {\n group {\n VI_1\n E\n }\n}\n");
    INFO(shown(lost));
    CHECK(brief(lost) == Brief{"7 error lost", "13 warning advice", "14 warning dangling"});
    CHECK(lost.toml->find("# k:7: LOST: instance \"E\" has no address") != std::string::npos);
}

TEST_CASE("a second peer on a line is lost with keepalived: nobody may overlook it") {
    const Converted converted =
        convert(instance("unicast_peer {\n 192.0.2.2 192.0.2.3\n 192.0.2.4 min_ttl 1 max_ttl 9\n}"));
    INFO(shown(converted));
    CHECK(brief(converted) ==
          Brief{"6 warning advice", "6 error unknown_key", "7 warning unsupported", "7 warning unsupported"});
    CHECK(converted.toml->find(R"(# k:6: LOST: "192.0.2.3" behind a peer)") != std::string::npos);
}

TEST_CASE("unicast IPv6 without unicast_src_ip comes from a link-local address that regent does not list") {
    const auto brief_of = [](const std::string& peer, const std::string& more = {}) {
        return brief(
            convert("vrrp_instance V {\n interface eth0\n virtual_router_id 9\n"
                    " virtual_ipaddress {\n fe80::9\n }\n unicast_peer {\n " +
                    peer + "\n }\n" + more + "}\n"));
    };
    CHECK(brief_of("2001:db8::2") == Brief{"8 warning unsupported"});
    CHECK(brief_of("2001:db8::2", " unicast_src_ip 2001:db8::1\n").empty());
    CHECK(brief_of("fe80::2").empty());
}

struct Tracked {
    int weight;
    bool reverse;
    bool by_interface;
    bool up;
};

TEST_CASE("weights move the priority as keepalived moves it, whatever is up") {
    const auto by_chance = [] {
        const auto one = rc::gen::map(rc::gen::tuple(rc::gen::inRange(-20, 21), rc::gen::arbitrary<bool>(),
                                                     rc::gen::arbitrary<bool>(), rc::gen::arbitrary<bool>()),
                                      [](const auto& parts) {
                                          const auto [weight, reverse, by_interface, up] = parts;
                                          return Tracked{weight == 0 ? 1 : weight, reverse, by_interface, up};
                                      });
        const auto count = static_cast<std::size_t>(*rc::gen::inRange(0, 5));
        const auto trackers = *rc::gen::container<std::vector<Tracked>>(count, one);
        const int base = *rc::gen::inRange(90, 160);
        std::string text, scripts, interfaces;
        for (std::size_t i = 0; i < trackers.size(); ++i) {
            const Tracked& each = trackers[i];
            const std::string weight =
                fmt::format("weight {}{}\n", each.weight, each.reverse ? " reverse" : "");
            if (each.by_interface) {
                interfaces += fmt::format("eth{} {}", i + 1, weight);
            } else {
                text += fmt::format("vrrp_script s{} {{\n script /bin/s\n {} }}\n", i, weight);
                scripts += fmt::format("s{}\n", i);
            }
        }
        text += instance(fmt::format("priority {}\n track_script {{\n{} }}\n track_interface {{\n{} }}", base,
                                     scripts, interfaces));
        int keepalived = base;
        for (const Tracked& each : trackers) {
            const int moved = each.weight > 0 ? (each.up ? each.weight : 0) : (each.up ? 0 : each.weight);
            keepalived += each.reverse ? -moved : moved;
        }
        const Converted converted = convert(text);
        RC_ASSERT(!has_errors(converted.diagnostics));
        const core::Instance made = load(converted).settings.value().instances.at(0);
        int regent = made.priority;
        const auto is_up = [&](const std::string& name) {
            const auto digit = static_cast<std::size_t>(name.back() - '0');
            return trackers.at(name[0] == 'e' ? digit - 1 : digit).up;
        };
        for (const core::CheckTracker& each : made.checks)
            regent += is_up(each.check) ? 0 : each.weight.value();
        for (const core::InterfaceTracker& each : made.interfaces)
            regent += is_up(each.interface) ? 0 : each.weight.value();
        RC_ASSERT(regent == keepalived);
    };
    rc::prop("the effective priority", by_chance);
}

TEST_CASE("a priority that weights would carry beyond its range is cut, and said") {
    const std::string text = "vrrp_script a { script /bin/a\n weight 10 }\n";
    const Converted converted = convert(text + instance("priority 250\n track_script { a }"));
    CHECK(load(converted).settings.value().instances.at(0).priority == 254);
    CHECK(shown(converted).find("the priority would be 260: cut to 254") != std::string::npos);
    CHECK(settings(text + instance("priority 255\n track_script { a }")).instances.at(0).priority == 255);
}

TEST_CASE("what is in quotes or behind a definition is found in the result") {
    const core::Settings made = settings(
        "$NET=192.0.2\n$ADDRESS=${NET}.9/24\nvrrp_instance \"V1\" {\n interface 'eth0'\n"
        " virtual_router_id 7\n @lb1 priority 7\n @lb2 priority 8\n @^lb2 version 3\n"
        " virtual_ipaddress { $ADDRESS dev eth1 \n }\n}\n");
    const core::Instance& one = made.instances.at(0);
    CHECK(one.name == "V1");
    CHECK(one.priority == 7);
    CHECK(one.version == vrrp::Version::v3);
    CHECK(one.addresses.at(0).address == IpAddress::parse("192.0.2.9"));
    CHECK(one.addresses.at(0).prefix == 24);
    CHECK(one.addresses.at(0).device == "eth1");
}

TEST_CASE("conditional lines need an id: without one it is the host's, and that is said") {
    const std::string text = "@somewhere-else global_defs {\n@somewhere-else }\n" + instance("");
    CHECK(brief(convert_text(text, "k", {}, test::plugins_of_convert())) == Brief{"1 warning advice"});
    CHECK(brief(convert(text)).empty());
}

TEST_CASE("files are included from the folder of the file that includes them, each with its own places") {
    const regent::test::TemporaryDirectory folder;
    const auto root = folder.path();
    std::filesystem::create_directories(root / "conf.d/more");
    write(root / "k.conf", "$ID=7\ninclude conf.d/*.conf\ninclude empty.d/*\n");
    write(root / "conf.d/a.conf", "include more/x\n");
    write(root / "conf.d/b.conf", instance("nonsense on", "B", 9));
    write(root / "conf.d/more/x", instance("priority ${ID}", "X", 8));
    const Converted converted = convert_file(root / "k.conf", {"lb1"}, test::plugins_of_convert());
    INFO(shown(converted));
    REQUIRE(converted.toml);
    CHECK(load(converted).settings.value().instances.at(0).priority == 7);
    REQUIRE(brief(converted) == Brief{"3 warning no_effect", "5 error unknown_key"});
    CHECK(converted.diagnostics[1].file == (root / "conf.d/b.conf").string());
    CHECK(converted.toml->find("# b.conf:5: UNKNOWN: nonsense on") != std::string::npos);
}

TEST_CASE("a condition decides whether a file is included; definitions mean nothing in its name") {
    const regent::test::TemporaryDirectory folder;
    const auto root = folder.path();
    write(root / "lb1.conf", "priority 7\n");
    write(root / "k.conf",
          instance("@lb1 include lb1.conf\n@lb2 include gone.conf\n@^lb1 include gone.conf"));
    const Converted converted = convert_file(root / "k.conf", {"lb1"}, test::plugins_of_convert());
    INFO(shown(converted));
    CHECK(brief(converted).empty());
    CHECK(load(converted).settings.value().instances.at(0).priority == 7);
    write(root / "k.conf", "$F=lb1\ninclude ${F}.conf\n" + instance(""));
    CHECK(brief(convert_file(root / "k.conf", {"lb1"})) == Brief{"2 error unreadable"});
}

TEST_CASE("a file that is named and cannot be included is an error: nobody knows what is lost") {
    const regent::test::TemporaryDirectory folder;
    const auto file = folder.path() / "k.conf";
    write(file, "include gone.conf\n" + instance(""));
    CHECK(brief(convert_file(file, {"lb1"})) == Brief{"1 error unreadable"});
    write(file, "include k.conf\n");
    const Converted endless = convert_file(file, {"lb1"});
    CHECK_FALSE(endless.toml);
    CHECK(shown(endless).find("files include each other deeper than 16") != std::string::npos);
    CHECK(brief(convert_file(folder.path())) == Brief{"0 error unreadable"});
}

TEST_CASE("what grows is bounded") {
    std::string doubling = "$A0=x\n";
    for (int i = 1; i <= 14; ++i)
        doubling += fmt::format("$A{}=${{A{}}}${{A{}}}${{A{}}}${{A{}}}\n", i, i - 1, i - 1, i - 1, i - 1);
    CHECK(shown(convert(doubling + "word ${A14}\n")).find("definitions nest too deep or grow too large") !=
          std::string::npos);
    CHECK(shown(convert("$A=${A} x\nword ${A}\n")).find("definitions nest too deep") != std::string::npos);
    std::string words;
    for (int i = 0; i < 70'000; ++i)
        words += "a b c\n";
    CHECK(shown(convert(words)).find("more than 200000 words") != std::string::npos);
    CHECK(brief(convert(std::string(maximum_file_size + 1, ' '))) == Brief{"0 error too_large"});
}

TEST_CASE("a password is in the result alone") {
    const Converted converted = convert(
        instance("authentication {\n auth_type PASS\n auth_pass geheim77\n auth_pas geheim77\n auth_pass x "
                 "geheim77\n}") +
        instance("authentication {\n auth_type AH\n auth_pass geheim77\n}\n auth_hmac geheim77", "B", 52));
    CHECK(converted.toml.value().find("password = \"geheim77\"") != std::string::npos);
    CHECK(render(converted.diagnostics, false).find("geheim77") == std::string::npos);
    CHECK(to_json("k", converted, false).find("geheim77") == std::string::npos);
    for (const char* line :
         {"auth_pass \"geheim77", "auth_pass geheim77 \\", "auth_pass geheim77 } }", "authpass geheim77"}) {
        const Converted broken =
            convert(instance("authentication {\n auth_type PASS\n" + std::string(line) + "\n}"));
        CHECK(has_errors(broken.diagnostics));
        CHECK(shown(broken).find("geheim77") == std::string::npos);
    }
}

TEST_CASE("an error of the result is told at the line of the keepalived.conf that it comes from") {
    const Converted converted = convert(instance("virtual_router_id 300") + instance("", "B", 52));
    CHECK(brief(converted) == Brief{"5 error out_of_range"});
    const Converted twice = convert(instance("") + instance("virtual_router_id 51", "B", 52));
    CHECK(brief(twice) == Brief{"11 error duplicate"});
    CHECK(twice.diagnostics.at(0).message.find("the result, line ") == 0);
}

TEST_CASE("a file of the other kind is named as what it is") {
    CHECK(shown(convert("[instance.VI_1]\ninterface = \"eth0\"\n")).find("k:1:1: error: this is TOML") !=
          std::string::npos);
    const Loaded loaded = load_text(instance(""), "f");
    CHECK(render(loaded.diagnostics, false).find("`regentctl config convert FILE`") != std::string::npos);
}

TEST_CASE("a machine without the plugins says so instead of promising") {
    const std::string text = "vrrp_script a { script /bin/a }\n" + instance("track_script { a }");
    CHECK(has_errors(convert_text(text, "k", {"lb1"}, {}).diagnostics));
    CHECK_FALSE(has_errors(convert_text(instance(""), "k", {"lb1"}, {}).diagnostics));
}

}  // namespace
}  // namespace regent::config
