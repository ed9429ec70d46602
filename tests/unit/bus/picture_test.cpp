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
    CHECK(first.at("statistics").at("adverts_sent") == 7);
    CHECK(first.at("statistics").at("discarded").at("ttl") == 3);
    CHECK(document.at("instances").at(1).at("statistics").at("adverts_sent") == 0);
    CHECK(document.at("groups").at(0).at("instances").size() == 2);
    CHECK(document.at("checks").at(0).at("metrics").at("sessions") == 7);
    CHECK(document.at("checks").at(1).at("state") == "pending");
    CHECK(document.at("notifiers").at(0).at("delivered") == 5);
    CHECK(document.at("plugins").at(0).at("pid") == 815);
    CHECK(nlohmann::json::parse(bus::describe(picture, "VI_2")).at("name") == "VI_2");
}

TEST_CASE("picture: a text that is no UTF-8 does not spoil the document") {
    auto picture = test::picture();
    picture.instances["VI_1"].status.reason = "\xff";
    CHECK(nlohmann::json::parse(bus::describe(picture)).at("instances").size() == 2);
}
