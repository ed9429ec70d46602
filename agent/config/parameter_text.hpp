// SPDX-License-Identifier: Apache-2.0
// The words for a parameter of a schema, in diagnostics and in `regentctl plugin show`.
#pragma once

#include <string>
#include <string_view>

#include "agent/config/schema.hpp"

namespace regent::config {

/// "a boolean", "a duration", …: fits "must be …".
std::string_view type_with_article(ParameterType type);

/// A value in TOML that shows the form: the default, else one that is made up for the type.
std::string example_of(const Parameter& parameter);

/// The bounds with their units, as in "10ms to 24h", "at least 1", "1 to 16 entries"; empty without any.
std::string range_of(const Parameter& parameter);

/// "port: TCP port to connect to", for a hint.
std::string meaning_of(const Parameter& parameter);

}  // namespace regent::config
