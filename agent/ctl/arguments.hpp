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
    std::map<std::string, std::string> values;  ///< of the options that were given
    std::optional<std::string> plugin_dir;
    std::optional<std::string> plugin_host;

    plugin::Catalog catalog() const { return plugin::Catalog(plugin::places(plugin_dir, plugin_host)); }
};

/// What may follow the words of a command.
struct Grammar {
    std::string command;
    std::vector<std::string> switches;  ///< names without the dashes
    std::vector<std::string> options;   ///< names of those that take a value
    std::string operand;                ///< what one is called; empty: none is taken
    std::size_t least = 1;              ///< operands
    std::size_t most = 1;
};

/// In any order. Throws UsageError.
Arguments parse_arguments(const std::vector<std::string>& words, const Grammar& grammar);

/// `operand` is what an operand is called, empty when none is taken, else exactly one is.
Arguments parse_arguments(const std::vector<std::string>& words, const std::string& command,
                          const std::vector<std::string>& switches, const std::string& operand);

}  // namespace regent::ctl
