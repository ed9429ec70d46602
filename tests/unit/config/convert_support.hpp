// SPDX-License-Identifier: Apache-2.0
// Plugins with the parameters that a converted file uses.
#pragma once

#include "agent/config/capabilities.hpp"

namespace regent::config::test {

/// Checks exec, process and tcp, notifiers exec and fifo; none objects to any value.
inline Capabilities plugins_of_convert() {
    using enum ParameterType;
    const auto parameter = [](ParameterType type, const char* name, bool required = false,
                              bool list = false) {
        Parameter made;
        made.type = type;
        made.name = name;
        made.summary = "what it is for";
        made.required = required;
        made.list = list;
        return made;
    };
    const auto type = [](PluginKind kind, const char* name, std::vector<Parameter> parameters) {
        PluginType made;
        made.kind = kind;
        made.name = name;
        made.summary = "looks at something";
        made.parameters = std::move(parameters);
        return made;
    };
    const std::vector<Parameter> program{parameter(text, "command", true, true),
                                         parameter(boolean, "keepalived")};
    Plugin plugin;
    plugin.file = "/plugins/regent-all.so";
    plugin.id = "org.example.all";
    plugin.version = "1.0";
    plugin.types = {
        type(PluginKind::check, "exec", program),
        type(PluginKind::notifier, "exec", program),
        type(PluginKind::check, "process",
             {parameter(text, "name"), parameter(text, "arguments", false, true),
              parameter(duration, "grace"), parameter(path, "pidfile")}),
        type(PluginKind::check, "tcp", {parameter(address, "host", true), parameter(port, "port", true)}),
        type(PluginKind::notifier, "fifo", {parameter(path, "path", true)}),
    };
    Capabilities capabilities;
    capabilities.installed = [plugin] { return Installed{{plugin}, {}}; };
    return capabilities;
}

}  // namespace regent::config::test
