// SPDX-License-Identifier: Apache-2.0
// What a reload takes from the bus.
#include "agent/app/bus_views.hpp"

#include <catch2/catch.hpp>

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
