// SPDX-License-Identifier: Apache-2.0
// Checks and notifiers back to TOML, with the parameters of their plugins.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "agent/base/check.hpp"
#include "agent/config/size_text.hpp"
#include "agent/config/toml_writer.hpp"

namespace regent::config {

namespace {

std::string_view word(core::OnUnknown on_unknown) {
    switch (on_unknown) {
        case core::OnUnknown::hold: return "hold";
        case core::OnUnknown::down: return "down";
        case core::OnUnknown::ignore: return "ignore";
    }
    return "hold";
}

std::string_view word(Mode mode) {
    switch (mode) {
        case Mode::event: return "event";
        case Mode::poll: return "poll";
        case Mode::both: return "both";
    }
    return "both";
}

/// Exact, and with a point or an exponent so that TOML takes it for a float.
std::string toml_float(double number) {
    std::string text = fmt::format("{}", number);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

std::string toml_scalar(ParameterType type, const Value& value) {
    switch (type) {
        case ParameterType::boolean: return value.integer != 0 ? "true" : "false";
        case ParameterType::integer:
        case ParameterType::port: return std::to_string(value.integer);
        case ParameterType::real: return toml_float(value.number);
        case ParameterType::duration: return toml_string(Duration(value.integer));
        case ParameterType::size: {
            const std::string size = format_size(value.integer);
            return size.ends_with('B') ? toml_string(size) : size;
        }
        case ParameterType::text:
        case ParameterType::address:
        case ParameterType::path:
        case ParameterType::choice: break;
    }
    return toml_string(value.text);
}

const PluginType& type_of(const PluginUse& use, PluginKind kind, const std::vector<Plugin>& plugins) {
    const auto plugin = std::find_if(plugins.begin(), plugins.end(),
                                     [&](const Plugin& each) { return each.file == use.plugin; });
    REGENT_CHECK(plugin != plugins.end());
    const auto type = std::find_if(plugin->types.begin(), plugin->types.end(), [&](const PluginType& each) {
        return each.kind == kind && each.name == use.type;
    });
    REGENT_CHECK(type != plugin->types.end() && type->parameters.size() == use.values.size());
    return *type;
}

void write_values(const PluginUse& use, const PluginType& type, Secrets secrets, TomlWriter& writer) {
    for (std::size_t i = 0; i < use.values.size(); ++i) {
        const Parameter& parameter = type.parameters[i];
        const Value& value = use.values[i];
        if (!value.set) continue;
        const auto write = [&](const Value& each) { return toml_scalar(parameter.type, each); };
        if (parameter.secret && secrets == Secrets::hide) {
            writer.raw(parameter.name, parameter.list ? "[\"***\"]" : "\"***\"");
        } else if (parameter.list) {
            writer.list(parameter.name, value.items, write);
        } else {
            writer.raw(parameter.name, write(value));
        }
    }
}

void write_check(const CheckPlan& check, const std::vector<Plugin>& plugins, Secrets secrets,
                 TomlWriter& writer) {
    const core::Check& settings = check.settings;
    writer.header("check", settings.name);
    writer.text("type", check.use.type);
    writer.duration("interval", settings.interval);
    writer.duration("timeout", settings.timeout);
    writer.number("rise", settings.rise);
    writer.number("fall", settings.fall);
    writer.duration("jitter", check.jitter);
    writer.text("mode", word(check.mode));
    if (check.mode == Mode::event) writer.duration("resync", check.resync);
    writer.text("on_unknown", word(settings.on_unknown));
    if (settings.hold_time) writer.duration("hold_time", *settings.hold_time);
    writer.flag("confirm", check.confirm);
    write_values(check.use, type_of(check.use, PluginKind::check, plugins), secrets, writer);
}

void write_notifier(const NotifierPlan& notifier, const std::vector<Plugin>& plugins, Secrets secrets,
                    TomlWriter& writer) {
    writer.header("notifier", notifier.name);
    writer.text("type", notifier.use.type);
    std::vector<std::string> events;
    for (const std::string_view event : notifier_events) {
        const std::string name(event);
        if (notifier.events.empty() || notifier.events.contains(name)) events.push_back(toml_string(name));
    }
    writer.raw("events", fmt::format("[{}]", fmt::join(events, ", ")));
    writer.duration("timeout", notifier.timeout);
    writer.number("queue", static_cast<unsigned>(notifier.queue));
    write_values(notifier.use, type_of(notifier.use, PluginKind::notifier, plugins), secrets, writer);
}

}  // namespace

void dump_plan(const Plan& plan, const std::vector<Plugin>& plugins, Secrets secrets, TomlWriter& writer) {
    for (const CheckPlan& check : plan.checks)
        write_check(check, plugins, secrets, writer);
    for (const NotifierPlan& notifier : plan.notifiers)
        write_notifier(notifier, plugins, secrets, writer);
}

}  // namespace regent::config
