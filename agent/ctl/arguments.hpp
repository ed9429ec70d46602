// SPDX-License-Identifier: Apache-2.0
// What follows the words of a command: its operands, its switches, and the options that every command takes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/plugin/catalog.hpp"

namespace regent::ctl {

/// Options that may stand before the command too.
constexpr std::string_view plugin_dir_option = "--plugin-dir";
constexpr std::string_view plugin_host_option = "--plugin-host";

struct Arguments {
    std::vector<std::string> operands;
    std::map<std::string, bool> switches;
    std::optional<std::string> plugin_dir;
    std::optional<std::string> plugin_host;

    plugin::Catalog catalog() const { return plugin::Catalog(plugin::places(plugin_dir, plugin_host)); }
};

/// `switches` are names without the dashes; `operand` is what an operand is called, empty when none is taken,
/// else exactly one is. In any order. Throws UsageError.
Arguments parse_arguments(const std::vector<std::string>& words, const std::string& command,
                          const std::vector<std::string>& switches, const std::string& operand);

}  // namespace regent::ctl
