// SPDX-License-Identifier: Apache-2.0
// The commands of regentctl as one table, and what runs them. A new command is an entry of table.cpp.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/ctl/command.hpp"

namespace regent::ctl {

/// In the order of the help. The first is what is done without a command.
std::span<const Command> commands();

/// The options that every command takes.
std::span<const Option> common_options();

/// Standard output and error of the process.
struct Console {
    std::ostream& out;
    std::ostream& err;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool colourless = false;  ///< the environment asks for no colours
};

/// Finds and runs the command of `arguments` (without the program's name). Never throws.
ExitCode run(const std::vector<std::string>& arguments, const Console& console);

}  // namespace regent::ctl
