// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/picture.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "views.hpp"

using namespace regent;

TEST_CASE("picture: the state of a node is that of its worst instance") {
    auto picture = test::picture();
    CHECK(picture.state() == "master");
    picture.instances["VI_2"].status.state = vrrp::State::backup;
    CHECK(picture.state() == "backup");
    picture.instances["VI_1"].status.state = vrrp::State::fault;
    CHECK(picture.state() == "fault");
    CHECK(bus::Picture{}.state() == "none");
}

TEST_CASE("picture: the document of schema regent.status.1") {
    auto picture = test::picture();
    picture.agent.maintenance = "new disk";
    const auto document = nlohmann::ordered_json::parse(bus::describe(picture));
    CHECK(document.at("schema") == "regent.status.1");
    CHECK(document.at("maintenance") == true);
    CHECK(document.at("maintenance_reason") == "new disk");
    const auto& first = document.at("instances").at(0);
    CHECK(first.at("state") == "master");
    CHECK(first.at("addresses") == nlohmann::ordered_json::array({"10.0.2.210"}));
    CHECK(first.at("peers") == nlohmann::ordered_json::array({"10.0.2.22"}));
    CHECK(first.at("last_transitions").empty());
    CHECK(first.at("statistics").at("adverts_sent") == 7);
    CHECK(first.at("statistics").at("discarded").at("ttl") == 3);
    CHECK(document.at("instances").at(1).at("statistics").at("adverts_sent") == 0);
    CHECK(document.at("groups").at(0).at("instances").size() == 2);
    CHECK(document.at("checks").at(0).at("metrics").at("sessions") == 7);
    CHECK(document.at("checks").at(1).at("state") == "pending");
    CHECK(document.at("notifiers").at(0).at("delivered") == 5);
    CHECK(document.at("plugins").at(0).at("pid") == 815);
    CHECK(document.at("plugins").at(0).at("counters").at("slow_calls") == 2);
    CHECK(nlohmann::json::parse(bus::describe(picture, "VI_2")).at("name") == "VI_2");
}

TEST_CASE("picture: the last changes of state of an instance, the newest first") {
    auto picture = test::picture();
    for (std::uint64_t number = 1; number <= bus::longest_history + 2; ++number)
        picture.keep({bus::Kind::instance, "VI_1", "backup", "master", number, "priority 0", 1000 + number});
    picture.keep({bus::Kind::group, "VI_1", "backup", "master", 99, "of a group", 0});
    picture.keep({bus::Kind::instance, "gone", "backup", "master", 99, "", 0});
    const auto kept = nlohmann::json::parse(bus::describe(picture, "VI_1")).at("last_transitions");
    REQUIRE(kept.size() == bus::longest_history);
    CHECK(kept.front() == nlohmann::json{{"time", 1012},
                                         {"old_state", "backup"},
                                         {"new_state", "master"},
                                         {"sequence", 12},
                                         {"reason", "priority 0"}});
    CHECK(kept.back().at("sequence") == 3);
    CHECK(picture.histories.size() == 1);
    picture.instances.erase("VI_1");
    picture.forget_what_is_gone();
    CHECK(picture.histories.empty());
}

TEST_CASE("picture: a text that is no UTF-8 does not spoil the document") {
    auto picture = test::picture();
    picture.instances["VI_1"].status.reason = "\xff";
    CHECK(nlohmann::json::parse(bus::describe(picture)).at("instances").size() == 2);
}
