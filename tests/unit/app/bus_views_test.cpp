// SPDX-License-Identifier: Apache-2.0
// What a reload takes from the bus, and the words in which changes are told there.
#include "agent/app/bus_views.hpp"

#include <catch2/catch.hpp>

#include "agent/notify/events.hpp"

using namespace regent;

namespace {

config::Loaded loaded(const std::vector<std::string>& types) {
    config::Loaded made;
    made.settings.emplace();
    for (const auto& type : types) {
        config::CheckPlan check;
        check.settings.name = type;
        check.use = {type, "/plugins/regent-" + type + ".so", false, false, {}};
        made.plan.checks.push_back(check);
    }
    return made;
}

}  // namespace

TEST_CASE("bus: a plugin that the configuration does not use any more is gone") {
    bus::Outbox outbox(*platform::Wakeup::open());
    app::BusViews views(outbox, "0", "/etc/regent/regent.toml");
    const plugin::PluginStatus tcp{"regent-tcp", "/plugins/regent-tcp.so", "running", 815, 1};
    const plugin::PluginStatus http{"regent-http", "/plugins/regent-http.so", "running", 816, 1};
    views.configure(loaded({"tcp", "http"}));
    views.show(tcp);
    views.show(http);
    CHECK(outbox.take().plugins.at("regent-tcp")->status == tcp);
    views.configure(loaded({"http"}));
    const auto reloaded = outbox.take();
    REQUIRE(reloaded.plugins.contains("regent-tcp"));
    CHECK(reloaded.plugins.at("regent-tcp") == std::nullopt);
    CHECK(reloaded.plugins.at("regent-http")->status == http);
    // The plugin thread keeps what it knows of it, and may tell that once more.
    views.show(tcp);
    views.show(http);
    const auto batch = outbox.take();
    CHECK_FALSE(batch.plugins.contains("regent-tcp"));
    CHECK(batch.plugins.at("regent-http")->status == http);
}

TEST_CASE("bus: a change of state is told in the words of the bus, from and to") {
    bus::Outbox outbox(*platform::Wakeup::open());
    app::BusViews views(outbox, "0", "/etc/regent/regent.toml");
    notify::EventSource source;
    views.tell(source.transition({1, "VI_1", "", vrrp::State::backup, vrrp::State::init, 100, "stopped"}));
    views.tell(source.forget({"VI_1"}));
    const auto batch = outbox.take();
    REQUIRE(batch.transitions.size() == 2);
    CHECK(batch.transitions[0].old_state == "backup");
    CHECK(batch.transitions[0].new_state == "init");
    CHECK(batch.transitions[1].old_state == "init");
    CHECK(batch.transitions[1].new_state == "deleted");
}
