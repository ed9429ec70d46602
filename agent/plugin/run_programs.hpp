// SPDX-License-Identifier: Apache-2.0
// Runs short programs that are not trusted to end, to be quiet or to be honest.
#pragma once

#include <string>
#include <vector>

#include "agent/base/time.hpp"

namespace regent::plugin {

struct ProgramRun {
    std::vector<std::string> words;  ///< the program's path and its arguments
    std::string input;               ///< for its stdin
};

struct ProgramEnd {
    std::string output;     ///< of stdout
    std::string complaint;  ///< the first line of stderr, printable; may be empty
    /// Why the output is not to be used, as a sentence: it could not be started, said too much, did not end
    /// in time, was killed, or exited with a status that is not 0. Empty: all is well.
    std::string problem;
    bool late = false;  ///< it did not end in time: another time it may
};

struct ProgramLimits {
    Duration time = std::chrono::seconds(2);  ///< of each, from its own start
    std::size_t output = 1U << 20;            ///< bytes of stdout
    std::size_t at_once = 8;
};

/// Runs all of them, `at_once` at a time, each in a session of its own that is killed as a whole at the
/// program's end or at the time limit. Their ends, in the order of `runs`. Blocks; any thread, which must be
/// the one to wait for its children.
std::vector<ProgramEnd> run_programs(const std::vector<ProgramRun>& runs, const ProgramLimits& limits = {});

}  // namespace regent::plugin
