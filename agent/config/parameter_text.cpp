// SPDX-License-Identifier: Apache-2.0
#include "agent/config/parameter_text.hpp"

#include <fmt/format.h>

#include "agent/config/duration_text.hpp"
#include "agent/config/size_text.hpp"
#include "agent/config/source_text.hpp"

namespace regent::config {

namespace {

std::string_view made_up(ParameterType type) {
    switch (type) {
        case ParameterType::boolean: return "true";
        case ParameterType::integer: return "1";
        case ParameterType::real: return "0.5";
        case ParameterType::text: return "\"…\"";
        case ParameterType::duration: return "\"1s\"";
        case ParameterType::size: return "\"64KiB\"";
        case ParameterType::address: return "\"192.0.2.10\"";
        case ParameterType::port: return "8080";
        case ParameterType::path: return "\"/run/…\"";
        case ParameterType::choice: break;
    }
    return "";
}

std::string bound_of(const Parameter& parameter, std::int64_t bound) {
    if (parameter.list) return std::to_string(bound);
    if (parameter.type == ParameterType::size && bound >= 0) return format_size(bound);
    if (parameter.type == ParameterType::duration && bound >= 0) return format_duration(Duration(bound));
    return std::to_string(bound);
}

}  // namespace

std::string_view type_with_article(ParameterType type) {
    switch (type) {
        case ParameterType::boolean: return "a boolean";
        case ParameterType::integer: return "an integer";
        case ParameterType::real: return "a number";
        case ParameterType::text: return "a string";
        case ParameterType::duration: return "a duration";
        case ParameterType::size: return "a size";
        case ParameterType::address: return "an address";
        case ParameterType::port: return "a port number";
        case ParameterType::path: return "a path";
        case ParameterType::choice: break;
    }
    return "a string";
}

std::string example_of(const Parameter& parameter) {
    const bool listed = parameter.default_toml == "[]";
    if (!parameter.default_toml.empty() && !listed && !parameter.secret) return parameter.default_toml;
    std::string value(made_up(parameter.type));
    const bool bounded = !parameter.list && (parameter.min != 0 || parameter.max != 0);
    if (parameter.type == ParameterType::choice) value = in_quotes(parameter.choices.front());
    if (bounded && (parameter.type == ParameterType::integer || parameter.type == ParameterType::port)) {
        value = std::to_string(parameter.min);
    }
    if (bounded && (parameter.type == ParameterType::size || parameter.type == ParameterType::duration)) {
        value = in_quotes(bound_of(parameter, parameter.min));
    }
    return parameter.list ? "[" + value + "]" : value;
}

std::string meaning_of(const Parameter& parameter) {
    return fmt::format("{}: {}", parameter.name, parameter.summary);
}

std::string range_of(const Parameter& parameter) {
    if (parameter.min == 0 && parameter.max == 0) return {};
    const std::string_view unit = !parameter.list ? "" : parameter.max == 1 ? " entry" : " entries";
    if (parameter.max == INT64_MAX) {
        return fmt::format("at least {}{}", bound_of(parameter, parameter.min),
                           !parameter.list      ? ""
                           : parameter.min == 1 ? " entry"
                                                : " entries");
    }
    if (parameter.min == parameter.max) {
        return fmt::format("exactly {}{}", bound_of(parameter, parameter.min), unit);
    }
    return fmt::format("{} to {}{}", bound_of(parameter, parameter.min), bound_of(parameter, parameter.max),
                       unit);
}

}  // namespace regent::config
