// SPDX-License-Identifier: Apache-2.0
// The values of parameters as JSON: in a Create frame, and to and from `regent-plugin-host --validate`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/base/result.hpp"
#include "agent/config/schema.hpp"

namespace regent::plugin {

/// null when it is not set; else a map of `integer`, `number`, `text`, `items`, without those that are zero
/// or empty. Texts must be UTF-8, as those of a configuration are.
nlohmann::json to_json(const config::Value& value);
nlohmann::json to_json(const std::vector<config::Value>& values);

/// Items of items are refused, as is anything beyond the keys' types; other keys are not looked at.
Result<config::Value> value_from_json(const nlohmann::json& json);
Result<std::vector<config::Value>> values_from_json(const nlohmann::json& json);

}  // namespace regent::plugin
