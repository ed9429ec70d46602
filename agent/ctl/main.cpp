// SPDX-License-Identifier: Apache-2.0
// regentctl: the process around the command table.
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <unistd.h>

#include "agent/ctl/commands.hpp"

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    const char* no_colour = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
    const char* terminal = std::getenv("TERM");
    const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
    return static_cast<int>(regent::ctl::run(
        arguments, {std::cout, std::cerr, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1,
                    dumb || (no_colour != nullptr && *no_colour != '\0')}));
}
