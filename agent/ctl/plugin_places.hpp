// SPDX-License-Identifier: Apache-2.0
// Where a command looks for plugins.
#pragma once

#include "agent/ctl/arguments.hpp"
#include "agent/plugin/catalog.hpp"

namespace regent::ctl {

/// For commands that take --plugin-dir and --plugin-host.
inline plugin::Catalog catalog_of(const Arguments& given) {
    return plugin::Catalog(plugin::places(given.value("plugin-dir"), given.value("plugin-host")));
}

}  // namespace regent::ctl
