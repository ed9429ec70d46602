// SPDX-License-Identifier: Apache-2.0
// What the tests of the configuration share.
#pragma once

#include <fmt/format.h>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.hpp"

#include "tests/unit/config/fake_plugins.hpp"

namespace regent::config {

inline std::ostream& operator<<(std::ostream& out, const Diagnostic& diagnostic) {
    return out << render({diagnostic}, false);
}

namespace test {

/// Loads as on a node called "host" where every plugin of fake_plugins.hpp works and none is broken.
inline Loaded load(std::string_view text) {
    Capabilities working = capabilities();
    working.installed = [] { return Installed{installed().plugins, {}}; };
    return load_text(text, "f", working, "host");
}

inline std::string dump(const Loaded& loaded, Secrets secrets = Secrets::show) {
    return config::dump(loaded.settings.value(), loaded.plan, loaded.plugins, secrets);
}

/// "line:column code" of each diagnostic, warnings with a "w " in front.
inline std::vector<std::string> brief(const Loaded& loaded) {
    std::vector<std::string> lines;
    for (const Diagnostic& each : loaded.diagnostics) {
        const bool warning = each.severity == Diagnostic::Severity::warning;
        lines.push_back(fmt::format("{}{}:{} {}", warning ? "w " : "", each.line, each.column, each.code));
    }
    return lines;
}

/// A good instance in five lines; `more` starts at line 6. `addresses` is TOML.
inline std::string instance(std::string_view more = {}, std::string_view addresses = "[\"192.0.2.10\"]",
                            std::string_view name = "VI_1", int priority = 100) {
    return fmt::format(
        "[instance.{}]\ninterface = \"eth0\"\nvirtual_router_id = 51\npriority = {}\naddresses = {}\n{}\n",
        name, priority, addresses, more);
}

}  // namespace test
}  // namespace regent::config
