// SPDX-License-Identifier: Apache-2.0
// What a plugin offers, as JSON: what `regent-plugin-host --describe` prints.
#pragma once

#include <string>

#include "agent/config/schema.hpp"

namespace regent::plugin {

/// One JSON object. Its texts must be UTF-8. The file's path is not part of it.
std::string write_description(const config::Plugin& plugin);

}  // namespace regent::plugin
