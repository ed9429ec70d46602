// SPDX-License-Identifier: Apache-2.0
// A plugin written in C, loaded as a host would: sdk/tests/fixture.c.
#include <catch2/catch.hpp>
#include <dlfcn.h>

#include "regent/abi/plugin.h"
#include "regent/testing.hpp"

namespace sdk = regent::sdk;
using sdk::testing::FakeHost;
using sdk::testing::Refused;

namespace {

const regent_plugin& fixture() {
    void* const object = dlopen(REGENT_FIXTURE, RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) throw std::runtime_error(dlerror());
    const void* const symbol = dlsym(object, REGENT_PLUGIN_SYMBOL);
    if (symbol == nullptr) throw std::runtime_error(dlerror());
    return *static_cast<const regent_plugin*>(symbol);
}

}  // namespace

TEST_CASE("A check in C") {
    FakeHost host;
    const regent_type& type = *fixture().types[0];
    auto good = host.create(type);
    good.start();
    CHECK(good.answer(good.probe())->state == sdk::State::up);
    auto bad = host.create(type, {{"threshold", -1}});
    bad.start();
    CHECK(bad.answer(bad.probe())->message == "negative");
    CHECK(bad.describe() == "{}");
    CHECK_THROWS_WITH(host.create(type, {{"threshold", 13}}), "is 13, which brings bad luck");
    CHECK(host.violations().empty());
}

TEST_CASE("A notifier in C") {
    FakeHost host;
    auto notifier = host.create(*fixture().types[1]);
    notifier.start();
    sdk::Event event;
    event.new_state = "backup";
    const auto number = notifier.notify(event);
    REQUIRE(notifier.acks().size() == 1);
    CHECK(notifier.acks().front().event_id == number);
    CHECK(notifier.acks().front().text == "backup");
}
