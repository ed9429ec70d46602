// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/config_commands.hpp"

#include <fmt/format.h>
#include <ostream>

#include "agent/config/config.hpp"
#include "agent/ctl/plugin_places.hpp"

namespace regent::ctl {

namespace {

std::string count(std::size_t number, const char* singular, const char* plural) {
    return fmt::format("{} {}", number, number == 1 ? singular : plural);
}

std::string summary(const config::Loaded& loaded) {
    const core::Settings& settings = *loaded.settings;
    std::string text = fmt::format("{}, {}, {}", count(settings.instances.size(), "instance", "instances"),
                                   count(settings.groups.size(), "group", "groups"),
                                   count(settings.checks.size(), "check", "checks"));
    const std::size_t notifiers = loaded.plan.notifiers.size();
    return notifiers == 0 ? text : text + ", " + count(notifiers, "notifier", "notifiers");
}

config::Loaded load(const Arguments& given) {
    plugin::Catalog catalog = catalog_of(given);
    return config::load_file(given.operands.front(), catalog.capabilities());
}

}  // namespace

ExitCode config_check(const Arguments& given, const Streams& streams) {
    const std::string& file = given.operands.front();
    const config::Loaded loaded = load(given);
    if (given.is("json")) {
        streams.out << config::to_json(file, loaded.diagnostics);
    } else {
        streams.err << config::render(loaded.diagnostics, streams.colour);
        if (loaded.settings) streams.out << file << ": ok, " << summary(loaded) << '\n';
    }
    return loaded.settings ? ExitCode::ok : ExitCode::invalid_config;
}

ExitCode config_dump(const Arguments& given, const Streams& streams) {
    const config::Loaded loaded = load(given);
    streams.err << config::render(loaded.diagnostics, streams.colour);
    if (!loaded.settings) return ExitCode::invalid_config;
    streams.out << config::dump(*loaded.settings, loaded.plan, loaded.plugins,
                                given.is("show-secrets") ? config::Secrets::show : config::Secrets::hide);
    return ExitCode::ok;
}

}  // namespace regent::ctl
