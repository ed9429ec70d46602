// SPDX-License-Identifier: Apache-2.0
#include "agent/record/trust.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <rapidcheck/catch.h>

#include "tests/unit/config/settings_generator.hpp"
#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core::test;
using namespace regent::record;
using namespace std::chrono_literals;

namespace {

std::string problem(const std::function<void(core::Settings&)>& spoil) {
    auto settings = Cluster::settings(100);
    settings.checks = {make_check("a")};
    spoil(settings);
    const auto trusted = check_trust(settings);
    return trusted ? "" : trusted.error().text;
}

}  // namespace

TEST_CASE("trust: what a configuration file can say is trusted") {
    rc::prop("any configuration", [] {
        const auto [settings, plan] = config::test::any_configuration();
        const auto trusted = check_trust(settings);
        if (!trusted) RC_FAIL(trusted.error().text);
    });
}

TEST_CASE("trust: what the engine would break on is named") {
    using core::Settings;
    const auto first = [](const std::function<void(core::Instance&)>& edit) {
        return [=](Settings& settings) { edit(settings.instances.front()); };
    };
    CHECK(problem([](Settings&) {}).empty());
    CHECK(problem([](Settings& s) { s.instances[1].name = "VI_1"; }) ==
          R"(instance "VI_1": has no name of its own)");
    CHECK(problem([](Settings& s) {
              s.groups[0].members = {"VI_1", "VI_1"};
          }) == R"(group "SG1": "VI_1" is in a group already)");
    CHECK(problem([](Settings& s) { s.groups[0].members.clear(); }) == R"(group "SG1": has no members)");
    CHECK(problem([](Settings& s) { s.checks[0].fall = 101; }) == R"(check "a": rise and fall are 1 to 100)");
    CHECK(problem([](Settings& s) { s.checks.push_back(s.checks[0]); }) == R"(check "a": is there twice)");
    CHECK(problem([](Settings& s) {
              s.instances[1].interface = s.instances[0].interface;
              s.instances[1].virtual_router_id = s.instances[0].virtual_router_id;
          }) == R"(instance "VI_2": its virtual router is taken)");
    CHECK(problem(first([](auto& i) { i.advert_interval = 256s; })) ==
          R"(instance "VI_1": advert_interval is out of range)");
    CHECK(problem(first([](auto& i) { i.version = vrrp::Version::v3, i.advert_interval = 41s; })) ==
          R"(instance "VI_1": advert_interval is out of range)");
    CHECK(problem(first([](auto& i) { i.family = Family::ipv6; })) ==
          R"(instance "VI_1": version 2 is for IPv4)");
    CHECK(problem(first([](auto& i) { i.addresses[0].address = ip("fe80::1"); })) ==
          R"(instance "VI_1": an address is of the other family)");
    CHECK(problem(first([](auto& i) { i.unicast_peers = {ip("fe80::1")}; })) ==
          R"(instance "VI_1": an address is of the other family)");
    CHECK(problem(first([](auto& i) { i.addresses[0].prefix = 33; })).ends_with("is too long"));
    CHECK(problem(first([](auto& i) {
              i.checks = {{"b", std::nullopt, {}}};
          })) == R"(instance "VI_1": there is no check "b")");
    CHECK(problem(first([](auto& i) {
              i.checks = {{"a", 0, {}}};
          })) == R"(instance "VI_1": a weight is -253 to 253 and not 0)");
    CHECK(problem(first([](auto& i) { i.gratuitous.refresh = 1ns; })) ==
          R"(instance "VI_1": gratuitous.refresh is 0 or at least 1 s)");
}
