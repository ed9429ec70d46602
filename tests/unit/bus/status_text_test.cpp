// SPDX-License-Identifier: Apache-2.0
// What regentctl prints is what scripts and tired people rely on: a change here is a change for them.
#include "agent/ctl/status_text.hpp"

#include <catch2/catch.hpp>

#include "agent/ctl/metrics_text.hpp"

#include "views.hpp"

using namespace regent;
using nlohmann::ordered_json;

namespace {

constexpr std::uint64_t now = 1'300'000'000;

ordered_json status(const bus::Picture& picture) {
    return ordered_json::parse(bus::describe(picture));
}

}  // namespace

TEST_CASE("status: all is well") {
    CHECK(ctl::status_text(status(test::picture()), now, false) ==
          "lb1: regent 0.1.0, /etc/regent/regent.toml applied 5 min ago\n"
          "\n"
          "  INSTANCE  STATE   PRIORITY  GROUP  MASTER     SINCE  HELD\n"
          "● VI_1      MASTER  101       SG1    10.0.2.21  5 min  10.0.2.210\n"
          "    no master heard for 3.605 s\n"
          "    adverts discarded since the agent's start: 3 ttl\n"
          "● VI_2      MASTER  101       SG1    10.0.2.21  5 min  10.0.2.210\n"
          "    no master heard for 3.605 s\n"
          "\n"
          "  check haproxy  UP        5 min   HAProxy 2.6.12, pid 812\n"
          "  check lan      PENDING   -       \n");
}

TEST_CASE("status: what is wrong comes first, the worst before the rest") {
    auto picture = test::picture();
    test::spoil(picture);
    CHECK(
        ctl::what_is_wrong(status(picture)) ==
        std::vector<std::string>{
            "VI_2 is in FAULT: interface enp0s8 has no carrier",
            "VI_1 is a last resort: check haproxy DOWN: process 812 exited",
            "check haproxy is DOWN: process 812 exited",
            "this node is in maintenance: new disk; regentctl maintenance off ends it",
            "regent.toml was not applied: it has errors; regentctl reload tries again and says what is wrong",
            "notifier pager has not delivered 2 of 7 events: exit status 1"});
    const std::string text = ctl::status_text(status(picture), now, false);
    CHECK(text.find("! VI_2 is in FAULT: interface enp0s8 has no carrier\n") < text.find("INSTANCE"));
    CHECK(text.find("● VI_1      MASTER  1 of 101  SG1    10.0.2.21  5 min  10.0.2.210\n") !=
          std::string::npos);
    CHECK(text.find("● VI_2      FAULT   101       SG1    nobody     5 min  -\n") != std::string::npos);
    CHECK(ctl::status_text(status(picture), now, true).find("\x1b[31m● \x1b[0mVI_2") != std::string::npos);
}

TEST_CASE("status: a notifier that works again is no complaint, whatever it has lost before") {
    auto picture = test::picture();
    picture.notifiers["pager"].dropped = 7;
    CHECK(ctl::what_is_wrong(status(picture)).empty());
}

TEST_CASE("status: a plugin that keeps ending is a complaint") {
    auto picture = test::picture();
    picture.plugins["regent-haproxy"].status.state = "waiting";
    picture.plugins["regent-haproxy"].status.starts = 4;
    CHECK(
        ctl::what_is_wrong(status(picture)) ==
        std::vector<std::string>{"plugin regent-haproxy does not run and will be started again (4 starts so "
                                 "far): the log tells why"});
}

TEST_CASE("status: no instance") {
    CHECK(ctl::status_text(status({}), now, false).find("no instance is configured\n") != std::string::npos);
    CHECK(ctl::what_is_wrong(status({})).empty());
}

TEST_CASE("status: ages in the largest unit that says enough") {
    CHECK(ctl::age(now, now - 1) == "0 s");
    CHECK(ctl::age(0, 59'000'000) == "59 s");
    CHECK(ctl::age(0, 60'000'000) == "1 min");
    CHECK(ctl::age(0, 3600'000'000) == "1 h");
    CHECK(ctl::age(0, 48 * 3600'000'000ULL) == "2 d");
}

TEST_CASE("show: a line each") {
    const auto text = ctl::show_text(status(test::picture()).at("instances").at(0));
    CHECK(text.starts_with("name                                 VI_1\n"));
    CHECK(text.find("statistics.discarded.ttl             3\n") != std::string::npos);
    CHECK(text.find("last_resort_cause                    -\n") != std::string::npos);
}

TEST_CASE("metrics: an agent older than regentctl does not know them all") {
    auto document = status(test::picture());
    document["plugins"] = ordered_json::array({{{"name", "regent-haproxy"}, {"starts", 1}}});
    const std::string text = ctl::metrics_text(document);
    CHECK(text.find("regent_plugin_starts_total{plugin=\"regent-haproxy\"} 1\n") != std::string::npos);
    CHECK(text.find("regent_plugin_faults_total{") == std::string::npos);
}

TEST_CASE("metrics: the text format of Prometheus") {
    auto picture = test::picture();
    picture.agent.node = "a \"b\\\n";
    const std::string text = ctl::metrics_text(status(picture));
    CHECK(text.find("regent_info{version=\"0.1.0\",node=\"a \\\"b\\\\\\n\"} 1\n") != std::string::npos);
    CHECK(text.find(
              "# TYPE regent_adverts_sent_total counter\nregent_adverts_sent_total{instance=\"VI_1\"} 7\n") !=
          std::string::npos);
    CHECK(text.find("regent_instance_state{instance=\"VI_1\",state=\"master\"} 1\n") != std::string::npos);
    CHECK(text.find("regent_instance_state{instance=\"VI_1\",state=\"backup\"} 0\n") != std::string::npos);
    CHECK(text.find("regent_group_state{group=\"SG1\",state=\"master\"} 1\n") != std::string::npos);
    CHECK(text.find("regent_instance_degraded{instance=\"VI_1\"} 0\n") != std::string::npos);
    CHECK(text.find("regent_config_applied_timestamp_seconds 1000.000000\n") != std::string::npos);
    CHECK(text.find("regent_adverts_discarded_total{instance=\"VI_1\",reason=\"ttl\"} 3\n") !=
          std::string::npos);
    CHECK(text.find("regent_check_state{check=\"haproxy\",type=\"haproxy\",state=\"up\"} 1\n") !=
          std::string::npos);
    CHECK(text.find("regent_check_metric{check=\"haproxy\",metric=\"sessions\"} 7.0\n") != std::string::npos);
    CHECK(text.find("regent_notifier_delivered_total{notifier=\"pager\"} 5\n") != std::string::npos);
    CHECK(text.ends_with('\n'));
}
