// SPDX-License-Identifier: Apache-2.0
// The rules that one or two lines can break, with the exact place and code of the diagnostic. The gallery has
// the same in whole files, with the words.
#include <catch2/catch.hpp>

#include "agent/config/report.hpp"
#include "agent/vrrp/packet.hpp"

#include "tests/unit/config/support.hpp"

namespace regent::config {
namespace {

using test::brief;
using test::instance;
using test::load;
using Lines = std::vector<std::string>;

/// What the lines from line 6 on add to a good instance.
Lines with(std::string_view more) {
    return brief(load(instance(more)));
}

TEST_CASE("a good instance has no diagnostics") {
    CHECK(with("") == Lines{});
}

TEST_CASE("unknown keys are marked at the key, at every level") {
    CHECK(with("prempt = false") == Lines{"6:1 unknown_key"});
    CHECK(with("  \"pre empt\" = false") == Lines{"6:3 unknown_key"});
    CHECK(with("garp.cuont = 5") == Lines{"6:6 unknown_key"});
    CHECK(with("routes = [{ to = \"192.0.2.0/24\", mtu = 5 }]") == Lines{"6:34 unknown_key"});
    CHECK(with("track_interfaces = [{ interface = \"eth1\", on_down = 1 }]") == Lines{"6:43 unknown_key"});
    CHECK(with("[instances.VI_2]") == Lines{"6:2 unknown_key"});
    CHECK(with("[agent]\nx = 1") == Lines{"7:1 unknown_key"});
    CHECK(with("[group.SG1]\nmembers = [\"VI_1\"]\nx = 1") == Lines{"w 7:11 advice", "8:1 unknown_key"});
}

TEST_CASE("bad values are marked at the value") {
    CHECK(with("down_adverts = 0") == Lines{"6:16 out_of_range"});
    CHECK(with("down_adverts   =    \"3\"") == Lines{"6:21 wrong_type"});
    CHECK(with("preempt_delay = \"3 weeks\"") == Lines{"6:17 bad_value"});
    CHECK(with("preempt_delay = 0") == Lines{"6:17 wrong_type"});
    CHECK(with("checksum = \"rfc\"") == Lines{"6:12 bad_value"});
    CHECK(with("pair = 1979-05-27") == Lines{"6:8 wrong_type"});
    // The kernel would take them. D-Bus does not, and a terminal obeys the second.
    CHECK(with("track_interfaces = [\"e\\uffff\"]") == Lines{"6:21 bad_value"});
    CHECK(with("track_interfaces = [\"e\\u009b0m\"]") == Lines{"6:21 bad_value"});
}

TEST_CASE("missing keys are marked at the name of the table") {
    CHECK(brief(load(
              "\n  [instance.VI_1]\npriority = 1\nvirtual_router_id = 1\naddresses = [\"192.0.2.1\"]")) ==
          Lines{"2:13 missing"});
    CHECK(brief(load("instance.a = { interface = \"eth0\", priority = 1, virtual_router_id = 1 }")) ==
          Lines{"1:10 missing"});
    CHECK(with("[group.SG1]") == Lines{"6:8 missing"});
}

TEST_CASE("all errors of a file are found at once, in its order") {
    CHECK(with("garp = { count = 0 }\nversion = 5\n[group.g]\nmembers = [\"x\"]\n[agent]\nnode = 1") ==
          Lines{"6:18 out_of_range", "7:11 out_of_range", "9:12 dangling", "11:8 wrong_type"});
}

TEST_CASE("a syntax error is the only one") {
    CHECK(brief(load("x = 1\n[instance.VI_1\ny = 2\n")) == Lines{"2:15 syntax"});
    CHECK(brief(load("[a]\nb = 1\nb = 2\n")) == Lines{"3:5 syntax"});
}

TEST_CASE("words of keepalived get a hint in groups and checks too") {
    const auto hint = [](std::string_view more) {
        const Loaded loaded = load(instance(more));
        for (const Diagnostic& each : loaded.diagnostics)
            if (each.code == "unknown_key") return each.hint;
        return std::string("no error");
    };
    const std::string group = "[group.g]\nmembers = [\"VI_1\"]\n";
    CHECK(hint(group + "notify_master = \"/bin/x\"").find("[notifier.NAME]") != std::string::npos);
    CHECK(hint(group + "track_script = [\"x\"]").find("track = ") != std::string::npos);
    CHECK(hint(group + "track_interface = [\"eth2\"]").find("of a member") != std::string::npos);
    CHECK(hint(group + "track_interfaces = [\"eth2\"]").find("of a member") != std::string::npos);
    const std::string check = "track = [\"x\"]\n[check.x]\ntype = \"haproxy\"\n";
    CHECK(hint(check + "weight = -5").find("where the check is tracked") != std::string::npos);
    CHECK(hint(check + "script = \"/bin/x\"").find("type = \"exec\"") != std::string::npos);
}

TEST_CASE("a syntax error says how it is mended where the words of the library do not") {
    for (const char* line :
         {"preempt = yes", "preempt = True", "interface = eth0", "garp = { count = 5,\n delay = \"5s\" }",
          "addresses = [\"192.0.2.10\"", "; comment", "instance:", "{ \"instance\": {} }",
          "interface = \"eth0", "x = 1\nx = 2", "vrrp_instance VI_1 {"}) {
        const Loaded loaded = load(line);
        INFO(line);
        REQUIRE(brief(loaded).size() == 1);
        CHECK(loaded.diagnostics.front().code == "syntax");
        CHECK(loaded.diagnostics.front().hint != "");
    }
}

TEST_CASE("intervals follow the version") {
    CHECK(with("advert_interval = \"9ms\"") == Lines{"6:19 out_of_range"});
    CHECK(with("advert_interval = \"40960ms\"") == Lines{"6:19 out_of_range"});
    CHECK(with("advert_interval = \"10.5ms\"") == Lines{"6:19 out_of_range"});
    CHECK(with("version = 2\nadvert_interval = \"500ms\"") == Lines{"7:19 out_of_range"});
    CHECK(with("version = 2\nadvert_interval = \"1.5s\"") == Lines{"7:19 out_of_range"});
    CHECK(with("version = 4\nadvert_interval = \"1.5s\"") == Lines{"6:11 out_of_range"});
}

TEST_CASE("addresses") {
    const auto of = [](std::string_view list, std::string_view more = "") {
        return brief(load(instance(more, list)));
    };
    CHECK(of("[]") == Lines{"5:13 bad_value"});
    CHECK(of("[]", "addresses_excluded = [\"192.0.2.11\"]") == Lines{"w 5:13 advice"});
    CHECK(of("[\"192.0.2.10\", \"2001:db8::1\"]") == Lines{"5:28 conflict"});
    CHECK(of("[\"192.0.2.10\", \"192.0.2.10\"]") == Lines{"5:28 duplicate"});
    CHECK(of("[\"192.0.2.10\"]", "addresses_excluded = [{ address = \"192.0.2.10\", device = \"eth1\" }]") ==
          Lines{"6:23 duplicate"});
    CHECK(of("[\"2001:db8::1\"]") == Lines{"w 5:14 advice"});
    CHECK(of("[\"fe80::1\"]", "version = 2") == Lines{"6:11 conflict"});
    CHECK(of("[\"fe80::1\"]", "auth = { type = \"pass\", password = \"x\" }") == Lines{"6:8 conflict"});
    CHECK(of("[\"10.0.0.1/0\"]") == Lines{"5:14 out_of_range"});
    CHECK(of("[\"10.0.0.1/ 8\"]") == Lines{"5:14 out_of_range"});
    CHECK(of("[\"fe80::1%eth0\"]") == Lines{"5:14 bad_value"});
    CHECK(of("[\"192.0.2.10\", 5]") == Lines{"5:28 wrong_type"});
    CHECK(of("[{ address = \"192.0.2.10\", label = \"eth0:öö\" }]") == Lines{"5:48 bad_value"});
}

TEST_CASE("more addresses than fit are warned about at the first that does not") {
    std::string list = "[\n";
    for (int i = 0; i < 256; ++i)
        list += fmt::format("\"10.0.{}.{}\",\n", i / 250, i % 250 + 1);
    CHECK(brief(load(instance("", list + "]"))) == Lines{"w 261:1 capacity"});
    std::string six = "[\n\"fe80::1\",\n";
    for (int i = 0; i < 100; ++i)
        six += fmt::format("\"2001:db8::{}\",\n", i + 1);
    const std::size_t fit = vrrp::address_capacity(vrrp::Version::v3, Family::ipv6, 1500);
    CHECK(brief(load(instance("", six + "]"))) == Lines{fmt::format("w {}:1 capacity", fit + 6)});
}

TEST_CASE("transport") {
    CHECK(with("unicast_peers = [\"fe80::1\"]") == Lines{"6:18 conflict"});
    CHECK(with("unicast_peers = []") == Lines{"6:17 bad_value"});
    CHECK(with("unicast_peers = [\"192.0.2.3\", \"192.0.2.4\"]\npair = true") == Lines{"7:8 conflict"});
    CHECK(with("unicast_peers = [\"192.0.2.3\"]\nmulticast_group = \"224.0.0.18\"") ==
          Lines{"7:19 conflict"});
    CHECK(with("unicast_ttl = 255") == Lines{"6:15 conflict"});
    CHECK(with("unicast_source = \"192.0.2.2\"") == Lines{"6:18 conflict"});
    CHECK(with("source_address = \"192.0.2.10\"") == Lines{"6:18 conflict"});
    CHECK(brief(load(instance("source_address = \"192.0.2.10\"", "[\"192.0.2.10\"]", "o", 255))) == Lines{});
    CHECK(with("multicast_group = \"192.0.2.1\"") == Lines{"6:19 bad_value"});
}

TEST_CASE("what no machine has cannot be a peer, a source or a gateway") {
    for (const char* address : {"255.255.255.255", "224.0.0.18", "127.0.0.1", "0.0.0.0", "0.1.2.3"}) {
        INFO(address);
        CHECK(with(fmt::format("unicast_peers = [\"{}\"]", address)) == Lines{"6:18 bad_value"});
        CHECK(with(fmt::format("source_address = \"{}\"", address)) == Lines{"6:18 bad_value"});
        constexpr std::string_view route = "routes = [{{ to = \"198.51.100.0/24\", {} = \"{}\" }}]";
        CHECK(with(fmt::format(route, "via", address)) == Lines{"6:43 bad_value"});
        CHECK(with(fmt::format(route, "source", address)) == Lines{"6:46 bad_value"});
    }
}

TEST_CASE("routes that are one to the kernel are told") {
    const auto two = [](std::string_view first, std::string_view second) {
        return with(fmt::format("routes = [{{ to = \"{}\" }},\n{{ to = \"{}\" }}]", first, second));
    };
    const std::string net = "198.51.100.0/24\", via = \"192.0.2.1";
    const std::string six = "2001:db8::/64\", via = \"fe80::1";
    CHECK(two(net, net) == Lines{"7:1 duplicate"});
    CHECK(two(net, net + "\", metric = 0, device = \"eth1") == Lines{"7:1 duplicate"});
    CHECK(two(net, net + "\", table = 254, source = \"192.0.2.10") == Lines{"7:1 duplicate"});
    CHECK(two(net, net + "\", metric = 1024, device = \"eth1") == Lines{});
    CHECK(two(net, net + "\", table = 253, device = \"eth1") == Lines{});
    CHECK(two(six, six + "\", metric = 1024, device = \"eth1") == Lines{"7:1 duplicate"});
    CHECK(two(six + "\", metric = 0, device = \"eth1", six) == Lines{"7:1 duplicate"});
    CHECK(two(six, six + "\", metric = 1, device = \"eth1") == Lines{});
}

TEST_CASE("a route belongs to one instance") {
    const Loaded loaded = load(instance(
        "routes = [{ to = \"default\", via = \"192.0.2.1\" }]\n[instance.VI_2]\ninterface = \"eth1\"\n"
        "virtual_router_id = 52\npriority = 100\naddresses = [\"198.51.100.10\"]\n"
        "routes = [{ to = \"0.0.0.0/0\", via = \"198.51.100.1\" }]"));
    REQUIRE(brief(loaded) == Lines{"12:11 duplicate"});
    CHECK(loaded.diagnostics.front().message ==
          "instance \"VI_2\": a route to 0.0.0.0/0 belongs to instance \"VI_1\" already (line 6, column 11)");
}

TEST_CASE("authentication") {
    CHECK(with("auth = { type = \"pass\", password = \"x\" }") == Lines{"6:8 conflict"});
    CHECK(with("version = 2\nauth = { type = \"hmac\", password = \"x\" }") == Lines{"7:17 unsupported"});
    CHECK(with("version = 2\nauth = { type = \"pass\", password = \"123456789\" }") ==
          Lines{"7:36 out_of_range"});
    CHECK(with("version = 2\nauth = { type = \"pass\", password = \"a\\u0000b\" }") ==
          Lines{"7:36 bad_value"});
}

TEST_CASE("a password under a wrong key is not shown either") {
    for (const char* auth :
         {"auth = \"geheim\"", "auth = [\"geheim\"]", "auth = { type = \"pass\", passwd = \"geheim\" }",
          "auth.type = \"pass\"\nauth.pw =\"geheim\"",
          "auth.type = \"pass\"\nauth.pw = \"\"\"\ngeheim\"\"\""}) {
        const Loaded loaded = load(instance(fmt::format("version = 2\n{}", auth)));
        CHECK(has_errors(loaded.diagnostics));
        CHECK(render(loaded.diagnostics, false).find("geheim") == std::string::npos);
    }
}

TEST_CASE("what this version does not have is refused by name") {
    CHECK(with("use_vmac = false") == Lines{"6:1 unsupported"});
    CHECK(with("lease = 3") == Lines{"6:9 wrong_type"});
    CHECK(with("lease = \"2500ms\"") == Lines{"6:9 out_of_range"});
    CHECK(with("lease = \"1s\"") == Lines{"6:9 out_of_range"});
    CHECK(with("use_ipvlan = true") == Lines{"6:1 unsupported"});
    const Loaded bare =
        load_text("[check.web]\ntype = \"tcp\"\nport = 80\n" + instance("track = [\"web\"]"), "f");
    CHECK(brief(bare) == Lines{"2:8 dangling"});
    CHECK(bare.diagnostics.front().message == "check \"web\": no installed plugin offers check type \"tcp\"");
}

TEST_CASE("owners, preemption and weights") {
    const auto owner = [](std::string_view more) {
        return brief(load(instance(more, "[\"192.0.2.10\"]", "o", 255)));
    };
    CHECK(owner("preempt = false") == Lines{"6:11 conflict"});
    CHECK(owner("preempt_delay = \"1s\"") == Lines{"w 6:17 no_effect"});
    CHECK(owner("track_interfaces = [{ interface = \"eth1\", weight = -5 }]") == Lines{"w 6:21 no_effect"});
    CHECK(with("preempt = false\npreempt_delay = \"1s\"") == Lines{"w 7:17 no_effect"});
    CHECK(with("preempt = false\ntrack_interfaces = [{ interface = \"eth1\", weight = -5 }]") ==
          Lines{"w 7:21 no_effect"});
    CHECK(with("track_interfaces = [{ interface = \"eth1\", weight = 5 }]") == Lines{"w 6:21 advice"});
    CHECK(with("track_interfaces = [\"eth0\"]") == Lines{"w 6:21 no_effect"});
    CHECK(brief(load(instance("track_interfaces = [{ interface = \"eth1\", weight = -5 }]",
                              "[\"192.0.2.10\"]", "l", 1))) == Lines{"w 6:21 no_effect"});
}

TEST_CASE("references") {
    const std::string check = "[check.haproxy]\ntype = \"haproxy\"\n";
    CHECK(with("track = [\"haproxi\"]\n" + check) == Lines{"6:10 dangling", "w 7:8 unused"});
    CHECK(with("track = [\"haproxy\", \"haproxy\"]\n" + check) == Lines{"6:21 duplicate"});
    CHECK(with("track = [{ check = \"haproxy\", weight = 0 }]\n" + check) == Lines{"6:40 out_of_range"});
    CHECK(with("[group.a]\nmembers = [\"VI_1\", \"VI_1\"]") == Lines{"7:20 duplicate"});
    CHECK(with("[group.a]\nmembers = [\"VI_1\"]\n[group.b]\nmembers = [\"VI_1\"]") ==
          Lines{"w 7:11 advice", "w 9:11 advice", "9:12 duplicate"});
}

TEST_CASE("two instances cannot share an address of a device or a virtual router id") {
    const std::string second = "[instance.VI_2]\ninterface = \"eth0\"\npriority = 1\n";
    CHECK(with(second + "virtual_router_id = 52\naddresses = [\"192.0.2.10/24\"]") ==
          Lines{"10:14 duplicate"});
    const Loaded same = load(instance(second + "virtual_router_id = 51\naddresses = [\"192.0.2.11\"]"));
    CHECK(brief(same) == Lines{"9:21 duplicate"});
    CHECK(same.diagnostics.front().message ==
          "instance \"VI_2\": virtual router id 51 is taken on eth0 for IPv4 by instance \"VI_1\" (line 3)");
}

TEST_CASE("an address on two devices is warned about, but for a link-local one") {
    const auto second = [](std::string_view address) {
        return fmt::format(
            "[instance.VI_2]\ninterface = \"eth1\"\nvirtual_router_id = 52\npriority = 1\naddresses = "
            "[\"{}\"]",
            address);
    };
    CHECK(with(second("192.0.2.10")) == Lines{"w 10:14 advice"});
    CHECK(with(second("192.0.2.11")) == Lines{});
    CHECK(brief(load(instance(second("fe80::1"), "[\"fe80::1\"]"))) == Lines{});
}

TEST_CASE("the first and the last address of a network are warned about") {
    const auto of = [](std::string_view address) {
        return brief(load(instance("", fmt::format("[\"{}\"]", address))));
    };
    CHECK(of("192.0.2.0/24") == Lines{"w 5:14 advice"});
    CHECK(of("192.0.2.255/24") == Lines{"w 5:14 advice"});
    CHECK(of("192.0.2.11/30") == Lines{"w 5:14 advice"});
    CHECK(of("192.0.2.255/22") == Lines{});
    CHECK(of("192.0.2.0/31") == Lines{});
    CHECK(of("192.0.2.0") == Lines{});
}

TEST_CASE("what decides for a group as a whole should be the same in every member") {
    const auto group = [](std::string_view first, std::string_view second, int priority) {
        return with(
            fmt::format("{}\n[instance.VI_2]\ninterface = \"eth1\"\nvirtual_router_id = 52\npriority = {}\n"
                        "addresses = [\"198.51.100.1\"]\n{}\n[group.g]\nmembers = [\"VI_1\", \"VI_2\"]",
                        first, priority, second));
    };
    CHECK(group("", "", 100) == Lines{});
    CHECK(group("", "", 99) == Lines{"w 10:12 advice"});
    CHECK(group("pair = true", "pair = true", 100) == Lines{});
    CHECK(group("pair = true", "", 100) == Lines{"w 6:8 advice"});
    CHECK(group("", "unicast_peers = [\"198.51.100.3\"]", 100) == Lines{"w 12:17 advice"});
    CHECK(group("preempt = false", "", 100) == Lines{"w 6:11 advice"});
}

TEST_CASE("an empty file is good and says that it does nothing") {
    for (const char* text :
         {"", "\n\n", "# only a comment", "[agent]", "\xef\xbb\xbf# with a byte order mark"}) {
        const Loaded loaded = load(text);
        CHECK(loaded.settings);
        CHECK(brief(loaded) == Lines{"w 0:0 no_instance"});
    }
}

TEST_CASE("errors never get lost among more warnings than are kept") {
    std::string text;
    for (int i = 0; i < 150; ++i) {
        text += fmt::format(
            "[instance.i{0}]\ninterface = \"eth{0}\"\nvirtual_router_id = 1\npriority = 100\n"
            "addresses = [\"2001:db8::{0}\"]\n",
            i + 1);
    }
    const Loaded warned = load(text);
    CHECK(warned.settings);
    CHECK(warned.diagnostics.size() == maximum_diagnostics + 1);
    const Loaded failed = load(text + "[group.g]\nmembers = [\"none\"]\n");
    CHECK_FALSE(failed.settings);
    CHECK(has_errors(failed.diagnostics));
    CHECK(failed.diagnostics.size() == maximum_diagnostics + 1);
}

}  // namespace
}  // namespace regent::config
