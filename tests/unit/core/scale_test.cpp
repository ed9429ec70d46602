// SPDX-License-Identifier: Apache-2.0
// Issue, "done when": 255 virtual routers, 1000 addresses, and no quadratic step.
#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

std::string numbered(unsigned number) {
    return "10." + std::to_string(1 + number / 62'500) + "." + std::to_string(number / 250 % 250) + "." +
           std::to_string(number % 250);
}

Settings many_addresses(unsigned count) {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {});
    for (unsigned i = 0; i < count; ++i) {
        auto& list = i < 255 ? instance.addresses : instance.addresses_excluded;
        list.push_back(virtual_address(numbered(i), "eth0"));
    }
    return only(instance);
}

Settings many_routers(unsigned count) {
    Settings settings;
    for (unsigned i = 0; i < count; ++i) {
        settings.instances.push_back(make_instance("VI_" + std::to_string(i + 1), "eth0",
                                                   static_cast<std::uint8_t>(i + 1), 100, {numbered(i)}));
    }
    return settings;
}

struct Run {
    World world;
    Node& node;

    explicit Run(const Settings& settings) : node(world.add_node("lb1")) {
        world.plug(node, "eth0", "lan", "10.0.0.5");
        world.start(node, settings);
        node.invariants.enabled = false;
    }
};

/// What a life of `settings` costs, whoever else has the processors meanwhile: start, take over, announce, 10
/// s of service, leave.
double seconds(const Settings& settings) {
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
        const auto begin = std::clock();
        Run run(settings);
        run.world.run_for(15s);
        run.world.tell(run.node, StopRequested{});
        run.world.run_for(3s);
        if (!run.node.stopped) throw std::runtime_error("not stopped");
        best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    }
    return best;
}

}  // namespace

TEST_CASE("scale: 255 routers on one interface start, serve and stop together") {
    Run run(many_routers(255));
    run.world.run_for(4s);
    const Instant first = run.world.entered("lb1", "VI_1", State::master);
    for (unsigned i = 1; i <= 255; ++i)
        CHECK(run.world.entered("lb1", "VI_" + std::to_string(i), State::master) == first);
    CHECK(run.node.kernel.address_count() == 256);
    run.world.forget();
    run.world.run_for(10s);
    CHECK(run.world.all<SendAdvert>("lb1").size() == 2550);
    run.world.tell(run.node, StopRequested{});
    run.world.run_for(2s);
    CHECK(run.node.stopped);
    CHECK(run.node.kernel.address_count() == 1);
}

TEST_CASE("scale: 255 advertised and 745 excluded addresses move and leave, each asked for once") {
    Run run(many_addresses(1000));
    run.world.run_for(4s);
    CHECK(run.node.kernel.address_count() == 1001);
    CHECK(run.world.all<AddAddress>("lb1").size() == 1000);
    run.world.run_for(10s);
    CHECK(run.world.all<SendFrame>("lb1").size() == 10'000);
    // Adverts leave on time between the slices of announcements.
    const auto adverts = run.world.adverts("lb1", "VI_1");
    for (std::size_t i = 1; i < adverts.size(); ++i)
        CHECK(adverts[i].at - adverts[i - 1].at == 1s);
    CHECK(adverts.back().decoded.advert.addresses.size() == 255);
    run.world.tell(run.node, StopRequested{true});
    run.world.run_for(0s);
    CHECK(run.world.all<RemoveAddress>("lb1").size() == 1000);
    CHECK(run.node.kernel.address_count() == 1);
}

TEST_CASE("scale: a reload that adds one address to one of 255 instances adds just that") {
    auto settings = many_routers(255);
    Run run(settings);
    run.world.run_for(20500ms);
    run.world.forget();
    settings.instances[100].addresses.push_back(virtual_address("10.200.0.1", "eth0"));
    run.world.reload(run.node, settings);
    run.world.run_for(0s);
    CHECK(run.world.all<AddAddress>("lb1").size() == 1);
    CHECK(run.world.all<RemoveAddress>("lb1").empty());
    CHECK(run.world.all<SendAdvert>("lb1").empty());
    CHECK(run.world.all<SendFrame>("lb1").size() == 5);
    for (const auto& [at, published] : run.world.all<PublishState>("lb1"))
        CHECK(published.status.name == "VI_101");
}

TEST_CASE("scale: a packet for one of 255 routers makes work for that one alone") {
    Run run(many_routers(255));
    run.world.run_for(20500ms);
    run.world.forget();
    vrrp::Advert advert;
    advert.version = vrrp::Version::v2;
    advert.virtual_router_id = 7;
    advert.priority = 200;
    advert.interval = 1s;
    advert.addresses = {ip(numbered(6))};
    run.world.tell(run.node, PacketReceived{2, ip("10.0.0.9"), ip("224.0.0.18"), 255,
                                            vrrp::encode(advert, ip("10.0.0.9"), ip("224.0.0.18"),
                                                         vrrp::ChecksumForm::pseudo_header)});
    run.world.run_for(0s);
    CHECK(run.world.all<Transition>("lb1").size() == 1);
    CHECK(run.world.all<SendAdvert>("lb1").size() == 1);
    // That it is BACKUP, and that the kernel has taken its address off.
    const auto published = run.world.all<PublishState>("lb1");
    REQUIRE(published.size() == 2);
    CHECK(published.front().second.status.name == published.back().second.status.name);
    CHECK_FALSE(published.front().second.status.addresses.empty());
    CHECK(published.back().second.status.addresses.empty());
}

// The virtual kernel searches lists, so its own quadratic part is bounded by a generous factor: a quadratic
// engine would need 16 times for 4 times the addresses, and far more than a second.
TEST_CASE("scale: four times the addresses cost about four times, not sixteen") {
    const double small = seconds(many_addresses(250));
    const double large = seconds(many_addresses(1000));
    INFO("250 addresses: " << small * 1000 << " ms; 1000: " << large * 1000 << " ms");
    CHECK(large < 12 * small + 0.05);
}

TEST_CASE("scale: four times the routers cost about four times, not sixteen") {
    const double small = seconds(many_routers(60));
    const double large = seconds(many_routers(240));
    INFO("60 routers: " << small * 1000 << " ms; 240: " << large * 1000 << " ms");
    CHECK(large < 12 * small + 0.05);
}
