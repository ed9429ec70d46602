// SPDX-License-Identifier: Apache-2.0
#include "agent/app/parameter_views.hpp"

#include <algorithm>
#include <chrono>

#include "agent/config/source_text.hpp"

namespace regent::app {
namespace {

using config::ParameterType;
using config::Value;

bus::ParameterView view_of(ParameterType type, const Value& value) {
    switch (type) {
        case ParameterType::boolean: return value.integer != 0;
        case ParameterType::integer:
        case ParameterType::size:
        case ParameterType::port: return value.integer;
        case ParameterType::real: return value.number;
        case ParameterType::duration:
            return static_cast<std::uint64_t>(Duration(value.integer) / std::chrono::microseconds(1));
        case ParameterType::text:
        case ParameterType::address:
        case ParameterType::path:
        case ParameterType::choice: break;
    }
    return config::without_noncharacters(value.text);
}

std::string text_of(ParameterType type, const Value& value) {
    const auto view = view_of(type, value);
    const auto* text = std::get_if<std::string>(&view);
    return text ? *text : std::to_string(value.integer);
}

bus::ParameterView view_of(const config::Parameter& parameter, const Value& value) {
    if (parameter.secret) return std::string("***");
    if (!parameter.list) return view_of(parameter.type, value);
    std::vector<std::string> items;
    for (const auto& item : value.items)
        items.push_back(text_of(parameter.type, item));
    return items;
}

}  // namespace

std::map<std::string, bus::ParameterView> parameters_of(const config::CheckPlan& check,
                                                        const std::vector<config::Plugin>& plugins) {
    std::map<std::string, bus::ParameterView> views;
    const auto offer = config::find_type(plugins, config::PluginKind::check, check.use.type);
    if (!offer) return views;
    const auto& parameters = offer.type->parameters;
    for (std::size_t i = 0; i < std::min(parameters.size(), check.use.values.size()); ++i) {
        if (check.use.values[i].set) views[parameters[i].name] = view_of(parameters[i], check.use.values[i]);
    }
    return views;
}

}  // namespace regent::app
