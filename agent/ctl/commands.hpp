// SPDX-License-Identifier: Apache-2.0
// The commands of regentctl as one table: what is in it is what can be called and what --help prints.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/ctl/exit_code.hpp"

namespace regent::ctl {

/// Where a command writes, and which of the two may be coloured.
struct Streams {
    std::ostream& out;
    std::ostream& err;
    bool colour = false;  ///< err
    bool colour_out = false;
};

/// A command line that cannot be understood: the whole message after "regentctl: ".
struct UsageError {
    std::string text;
};

struct Command {
    std::string_view words;     ///< as typed, as in "config check"
    std::string_view synopsis;  ///< what may follow them
    std::string_view summary;
    /// Gets what follows the words. Throws UsageError.
    ExitCode (*run)(const std::vector<std::string>& arguments, const Streams& streams);
};

std::span<const Command> commands();

/// Finds and runs the command of `arguments` (without the program's name). Never throws.
ExitCode run(const std::vector<std::string>& arguments, const Streams& streams);

}  // namespace regent::ctl
