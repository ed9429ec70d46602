// SPDX-License-Identifier: Apache-2.0
// A keepalived.conf may be anything: it is converted, or it is said why not, and a result without an error is
// a regent.toml without one. Every diagnostic points into the file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "agent/config/config.hpp"
#include "agent/config/convert.hpp"

#include "tests/unit/config/convert_support.hpp"

using namespace regent::config;

namespace {

void demand(bool is_true) {
    if (!is_true) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const Capabilities plugins = test::plugins_of_convert();
    const Converted converted = convert_text(text, "k", {"lb1"}, plugins);
    const bool good = !has_errors(converted.diagnostics);
    demand(!good || converted.toml.has_value());
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    for (const Diagnostic& each : converted.diagnostics)
        demand(each.line <= lines && !each.message.empty());
    demand(!render(converted.diagnostics, true).empty() || converted.diagnostics.empty());
    if (converted.toml) {
        const Loaded loaded = load_text(*converted.toml, "f", plugins, "host");
        const bool is_toml = std::none_of(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                                          [](const Diagnostic& each) { return each.code == "syntax"; });
        demand(is_toml);
        demand(!good || loaded.settings.has_value());
    }
    return 0;
}
