// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/description.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace regent::plugin {
namespace {

using nlohmann::ordered_json;

const char* type_word(config::ParameterType type) {
    static constexpr std::array words{"",     "bool",    "int",  "float", "string", "duration",
                                      "size", "address", "port", "path",  "choice"};
    return words.at(static_cast<std::size_t>(type));
}

ordered_json write(const config::Parameter& parameter) {
    return {{"name", parameter.name},         {"type", type_word(parameter.type)},
            {"summary", parameter.summary},   {"default", parameter.default_toml},
            {"required", parameter.required}, {"list", parameter.list},
            {"secret", parameter.secret},     {"deprecated", parameter.deprecated},
            {"min", parameter.min},           {"max", parameter.max},
            {"choices", parameter.choices}};
}

ordered_json write(const config::PluginType& type) {
    auto needs = ordered_json::array();
    if (type.needs_net_raw) needs.push_back("net_raw");
    if (type.needs_setuid) needs.push_back("setuid");
    auto parameters = ordered_json::array();
    for (const auto& parameter : type.parameters)
        parameters.push_back(write(parameter));
    return {{"kind", type.kind == config::PluginKind::check ? "check" : "notifier"},
            {"name", type.name},
            {"summary", type.summary},
            {"pushes", type.pushes},
            {"needs", std::move(needs)},
            {"parameters", std::move(parameters)}};
}

}  // namespace

std::string write_description(const config::Plugin& plugin) {
    auto types = ordered_json::array();
    for (const auto& type : plugin.types)
        types.push_back(write(type));
    const ordered_json written = {{"id", plugin.id},           {"version", plugin.version},
                                  {"summary", plugin.summary}, {"url", plugin.url},
                                  {"license", plugin.license}, {"types", std::move(types)}};
    return written.dump();
}

}  // namespace regent::plugin
