// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/value_json.hpp"

#include <nlohmann/json.hpp>

#include "agent/plugin/fields.hpp"

namespace regent::plugin {
namespace {

enum class Items { allowed, refused };

Result<config::Value> read_value(const nlohmann::json& json, Items items);

Result<std::vector<config::Value>> read_values(const nlohmann::json& json, Items items) {
    if (!json.is_array()) return failure("values that are no list");
    std::vector<config::Value> values;
    for (const auto& entry : json) {
        auto value = read_value(entry, items);
        if (!value) return tl::unexpected(value.error());
        values.push_back(std::move(*value));
    }
    return values;
}

Result<config::Value> read_value(const nlohmann::json& json, Items items) {
    config::Value value;
    if (json.is_null()) return value;
    value.set = true;
    Fields fields(json);
    if (fields.has("integer")) value.integer = fields.integer("integer", INT64_MIN, INT64_MAX);
    if (fields.has("number")) value.number = fields.number("number");
    if (fields.has("text")) value.text = fields.text("text", SIZE_MAX);
    if (fields.wrong()) return failure("in a value: " + *fields.wrong());
    if (fields.has("items")) {
        if (items == Items::refused) return failure("a list in a list of values");
        auto read = read_values(json["items"], Items::refused);
        if (!read) return tl::unexpected(read.error());
        value.items = std::move(*read);
    }
    return value;
}

}  // namespace

nlohmann::json to_json(const config::Value& value) {
    if (!value.set) return nullptr;
    auto json = nlohmann::json::object();
    if (value.integer != 0) json["integer"] = value.integer;
    if (value.number != 0) json["number"] = value.number;
    if (!value.text.empty()) json["text"] = value.text;
    if (!value.items.empty()) json["items"] = to_json(value.items);
    return json;
}

nlohmann::json to_json(const std::vector<config::Value>& values) {
    auto json = nlohmann::json::array();
    for (const auto& value : values)
        json.push_back(to_json(value));
    return json;
}

Result<config::Value> value_from_json(const nlohmann::json& json) {
    return read_value(json, Items::allowed);
}

Result<std::vector<config::Value>> values_from_json(const nlohmann::json& json) {
    return read_values(json, Items::allowed);
}

}  // namespace regent::plugin
