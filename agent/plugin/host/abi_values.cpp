// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host/abi_values.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "agent/plugin/message_text.hpp"

namespace regent::plugin::host {
namespace {

regent_value abi_value(const config::Value& value) {
    regent_value made{};
    if (!value.set) return made;
    made.is_set = 1;
    made.integer = value.integer;
    made.number = value.number;
    made.text = abi_text(value.text);
    return made;
}

Result<void> check_one(const config::Parameter& parameter, const config::Value& value) {
    if (parameter.type != config::ParameterType::choice) return {};
    const auto count = static_cast<std::int64_t>(parameter.choices.size());
    if (value.integer >= 0 && value.integer < count) return {};
    return failure(fmt::format("parameter {} has no choice number {}", parameter.name, value.integer));
}

}  // namespace

Result<void> check_form(const config::PluginType& type, const std::vector<config::Value>& values) {
    if (values.size() != type.parameters.size())
        return failure(fmt::format("type {} has {} parameters, and {} values came", type.name,
                                   type.parameters.size(), values.size()));
    for (std::size_t at = 0; at < values.size(); ++at) {
        const auto& parameter = type.parameters[at];
        const auto& value = values[at];
        if (!value.set && parameter.required)
            return failure(fmt::format("parameter {} is missing", parameter.name));
        if (!value.set) continue;
        if (!parameter.list) {
            if (!value.items.empty()) return failure(fmt::format("parameter {} is no list", parameter.name));
            if (auto right = check_one(parameter, value); !right) return right;
            continue;
        }
        for (const auto& item : value.items) {
            if (!item.set) return failure(fmt::format("an item of parameter {} is not set", parameter.name));
            if (auto right = check_one(parameter, item); !right) return right;
        }
    }
    return {};
}

AbiValues::AbiValues(const std::vector<config::Value>& values) {
    for (const auto& value : values) {
        regent_value made = abi_value(value);
        if (value.set && !value.items.empty()) {
            std::vector<regent_value> items;
            for (const auto& item : value.items)
                items.push_back(abi_value(item));
            // A vector keeps its elements where they are when it is moved.
            items_.push_back(std::move(items));
            made.items = items_.back().data();
            made.item_count = items_.back().size();
        }
        values_.push_back(made);
    }
}

std::string AbiError::text(std::string_view otherwise) const {
    const std::string_view written(room_.data(), std::min(error_.len, room_.size()));
    return fit(written.empty() ? otherwise : written, room_.size());
}

std::optional<std::uint32_t> AbiError::parameter(std::size_t count) const {
    if (error_.param_index >= count) return std::nullopt;
    return error_.param_index;
}

}  // namespace regent::plugin::host
