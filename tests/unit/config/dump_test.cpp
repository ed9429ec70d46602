// SPDX-License-Identifier: Apache-2.0
// A dump is a configuration file that means the same.
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/unit/config/settings_generator.hpp"
#include "tests/unit/config/support.hpp"

namespace regent::config {
namespace {

TEST_CASE("a dump of any settings loads as the same settings") {
    rc::prop("load(dump(s)) == s", [] {
        const auto [settings, plan] = test::any_configuration();
        const std::string text = dump(settings, plan, test::installed().plugins, Secrets::show);
        const Loaded loaded = test::load(text);
        if (has_errors(loaded.diagnostics)) RC_FAIL(render(loaded.diagnostics, false) + text);
        RC_ASSERT(loaded.settings.value() == settings);
        RC_ASSERT(loaded.plan == plan);
        RC_ASSERT(test::dump(loaded) == text);
        RC_CLASSIFY(!plan.checks.empty(), "with a check");
        RC_CLASSIFY(!plan.notifiers.empty(), "with a notifier");
        RC_CLASSIFY(settings.instances.empty(), "no instance");
        RC_CLASSIFY(!settings.groups.empty(), "with a group");
    });
}

TEST_CASE("a dump of the slowest adverts loads as the same settings") {
    for (const char* slow : {"version = 2\nadvert_interval = \"255s\"", "advert_interval = \"40950ms\""}) {
        const Loaded loaded = test::load(test::instance(fmt::format("{}\ndown_adverts = 100", slow)));
        const Loaded again = test::load(test::dump(loaded));
        INFO(render(again.diagnostics, false));
        REQUIRE(again.settings);
        CHECK(*again.settings == *loaded.settings);
    }
}

TEST_CASE("a dump shows every default") {
    const Loaded loaded =
        test::load(test::instance("version = 2\nauth = { type = \"pass\", password = \"geheim\" }"));
    REQUIRE(loaded.settings);
    CHECK(test::dump(loaded) ==
          R"(# The effective configuration: every default is written out.

[agent]
node              = "host"

[instance.VI_1]
interface         = "eth0"
virtual_router_id = 51
priority          = 100
version           = 2
advert_interval   = "1s"
down_adverts      = 3
addresses         = [
    { address = "192.0.2.10/32", device = "eth0", scope = "global" },
]
addresses_excluded = []
routes            = []
lease             = "3s"
pair              = false
preempt           = true
preempt_delay     = "0s"
startup_delay     = "0s"
recover_delay     = "10s"
debounce          = "0s"
# multicast_group = "224.0.0.18"
checksum          = "auto"
auth              = { type = "pass", password = "geheim" }
garp              = { count = 5, delay = "5s", refresh = "0s", interval = "0s" }
track             = []
track_interfaces  = []
)");
}

TEST_CASE("a hidden password cannot be loaded by mistake") {
    const Loaded loaded =
        test::load(test::instance("version = 2\nauth = { type = \"pass\", password = \"geheim\" }"));
    REQUIRE(loaded.settings);
    const std::string hidden = test::dump(loaded, Secrets::hide);
    CHECK(hidden.find("geheim") == std::string::npos);
    const Loaded again = test::load(hidden);
    CHECK_FALSE(again.settings);
    CHECK(again.diagnostics.front().key == "instance.VI_1.auth.password");
}

}  // namespace
}  // namespace regent::config
