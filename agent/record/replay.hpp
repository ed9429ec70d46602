// SPDX-License-Identifier: Apache-2.0
// A recording once more through an engine that is new.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>

#include "agent/base/result.hpp"
#include "agent/core/action.hpp"
#include "agent/record/line.hpp"

namespace regent::record {

/// A file that was replayed as far as it can be, and has given the actions that it tells of.
struct Replayed {
    /// How the recording ends.
    enum class Ending : std::uint8_t {
        stopped,  ///< with the agent
        limit,    ///< the file was full
        cut,      ///< without a word: the agent was killed, its disk was full, or it still runs
        gap,      ///< inputs are missing: what comes after them cannot be replayed
    };
    Header header;
    Ending ending = Ending::cut;
    std::uint64_t lines = 0;  ///< up to the end, or the gap
    std::uint64_t inputs = 0;
    std::uint64_t actions = 0;
    std::uint64_t missing = 0;  ///< inputs in the gap
};

/// Each may be empty.
struct Listener {
    std::function<void(const Header& header)> begins;
    /// The agent died of this, and now it is given to an engine of this process.
    std::function<void(std::uint64_t line, const Fatal& fatal)> dies;
    std::function<void(const Step& step, const core::Actions& actions)> stepped;  ///< also where they differ
};

/// Hostile-input safe, but for an input that killed the agent: reads no line longer than 64 MiB, and gives
/// the engine nothing that it must not trust. An error begins with the number of the line, as in "17: …": it
/// cannot be read, or the engine does something else now than is written there.
Result<Replayed> replay(std::istream& in, const Listener& listener);

}  // namespace regent::record
