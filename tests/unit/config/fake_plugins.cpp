// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/fake_plugins.hpp"

#include <array>

namespace regent::config::test {

namespace {

Parameter parameter(ParameterType type, std::string name, std::string default_toml = {}) {
    Parameter made;
    made.type = type;
    made.name = std::move(name);
    made.summary = "what it is for";
    made.default_toml = std::move(default_toml);
    return made;
}

Parameter between(Parameter made, std::int64_t min, std::int64_t max) {
    made.min = min;
    made.max = max;
    return made;
}

Parameter list(Parameter made) {
    made.list = true;
    return made;
}

Parameter required(Parameter made) {
    made.required = true;
    return made;
}

Parameter secret(Parameter made) {
    made.secret = true;
    return made;
}

Parameter deprecated(Parameter made, std::string summary) {
    made.deprecated = true;
    made.summary = std::move(summary);
    return made;
}

Parameter method(Parameter made) {
    made.choices = {"get", "head", "options"};
    return made;
}

PluginType type(PluginKind kind, std::string name, std::vector<Parameter> parameters, bool pushes = false) {
    PluginType made;
    made.kind = kind;
    made.name = std::move(name);
    made.summary = "looks at something";
    made.pushes = pushes;
    made.parameters = std::move(parameters);
    return made;
}

Plugin plugin(const std::string& name, std::vector<PluginType> types) {
    return {"/plugins/regent-" + name + ".so", "org.example." + name, "1.0", "", "", "", std::move(types)};
}

Plugin haproxy() {
    using enum ParameterType;
    constexpr std::int64_t minute = 60'000'000'000;
    return plugin("haproxy", {type(PluginKind::check, "haproxy",
                                   {parameter(path, "pidfile"), parameter(path, "stats_socket"),
                                    between(parameter(duration, "grace", "\"0s\""), 0, minute),
                                    list(parameter(text, "frontends", "[]")),
                                    deprecated(parameter(path, "socket"), "write stats_socket instead")},
                                   true)});
}

Plugin exec() {
    using enum ParameterType;
    const Parameter command = between(required(list(parameter(text, "command"))), 1, 64);
    const Parameter user = parameter(text, "user", "\"nobody\"");
    Plugin made = plugin("exec", {type(PluginKind::check, "exec", {command, user}),
                                  type(PluginKind::notifier, "exec",
                                       {command, user, parameter(boolean, "keepalived", "false")})});
    made.types.front().needs_setuid = true;
    return made;
}

Plugin every() {
    using enum ParameterType;
    constexpr std::array types{boolean, integer, real, text, duration, size, address, port, path};
    constexpr std::array names{"flag", "count", "ratio", "word", "delay", "room", "host", "door", "file"};
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < types.size(); ++i) {
        parameters.push_back(parameter(types[i], names[i]));
        parameters.push_back(list(parameter(types[i], std::string(names[i]) + "s")));
    }
    parameters.push_back(method(parameter(choice, "method", "\"get\"")));
    parameters.push_back(list(method(parameter(choice, "methods"))));
    parameters.push_back(between(parameter(integer, "small"), -5, 5));
    parameters.push_back(between(parameter(size, "buffer", "65536"), 1024, 1 << 20));
    parameters.push_back(between(parameter(real, "fraction"), 0, 1));
    parameters.push_back(between(list(parameter(port, "ports")), 2, 3));
    parameters.push_back(between(parameter(integer, "more", "1"), 1, INT64_MAX));
    parameters.push_back(secret(parameter(text, "key")));
    parameters.push_back(secret(list(parameter(text, "keys"))));
    parameters.push_back(secret(parameter(integer, "pin")));
    parameters.push_back(secret(method(parameter(choice, "hidden_choice"))));
    return plugin("every", {type(PluginKind::check, "every", parameters, true)});
}

}  // namespace

Installed installed() {
    using enum ParameterType;
    Installed all;
    all.plugins = {haproxy(), exec(), every()};
    all.plugins.push_back(
        plugin("mail", {type(PluginKind::notifier, "mail", {required(secret(parameter(text, "account")))})}));
    all.plugins.push_back(plugin("twin", {type(PluginKind::check, "twin", {})}));
    all.plugins.push_back(plugin("other-twin", {type(PluginKind::check, "twin", {})}));
    all.plugins.push_back(
        plugin("flawed", {type(PluginKind::check, "flawed", {between(parameter(integer, "n", "7"), 1, 5)})}));
    all.problems.push_back({"/plugins/regent-broken.so", "it exports no regent_plugin_v1"});
    return all;
}

Capabilities capabilities() {
    const auto judge = [](const std::vector<Candidate>& candidates) {
        Verdicts verdicts;
        for (const Candidate& each : candidates) {
            std::optional<Objection> objection;
            const auto& values = *each.values;
            const bool runs = each.type->name == "exec";
            if (runs && values.at(0).items.at(0).text == "bad") objection = {0, "it is no program"};
            if (runs && values.at(1).text == "bad") objection = {std::nullopt, "something does not fit"};
            verdicts.objections.push_back(objection);
            if (each.type->name == "mail") {
                verdicts.problems.push_back({each.plugin->file, "no answer within 2s"});
            }
        }
        return verdicts;
    };
    return {installed, judge};
}

}  // namespace regent::config::test
