// SPDX-License-Identifier: Apache-2.0
// One value of the file against one parameter of a plugin's schema.
#pragma once

#include <string>
#include <toml++/toml.h>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/config/schema.hpp"

namespace regent::config {

/// What is wrong with a value, and which node of it is meant. A secret is never in the words.
struct ValueProblem {
    const toml::node* node = nullptr;
    std::string code;
    std::string message;
    std::string hint;
};

/// The value of `node`. Everything that is wrong is added to `problems`; the value is good when nothing was.
Value read_value(const Parameter& parameter, const toml::node& node, std::vector<ValueProblem>& problems);

/// The default, an unset value when there is none; an error when the schema does not allow its own default.
Result<Value> default_value(const Parameter& parameter);

/// The longest list and the longest text that a parameter takes: all values together must fit one frame to
/// the plugin's host.
constexpr std::size_t maximum_list = 1024;
constexpr std::size_t maximum_text = 16384;
constexpr std::size_t maximum_values = 49152;  ///< bytes of all values of one check or notifier

/// How many bytes the value takes of maximum_values.
std::size_t weight(const Value& value);

}  // namespace regent::config
