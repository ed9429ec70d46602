// SPDX-License-Identifier: Apache-2.0
// One line of a recording: a JSON object. The first is a Header, the last an End where the agent could still
// write one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "agent/base/result.hpp"
#include "agent/base/time.hpp"
#include "agent/core/input.hpp"

namespace regent::record {

constexpr std::string_view schema_name = "regent.record.1";

/// Whose run this is, and when it began on both clocks.
struct Header {
    std::string schema{schema_name};
    std::string version;  ///< of regentd: another may do otherwise
    std::string node;
    std::string boot_id;
    std::int64_t wall = 0;  ///< nanoseconds since 1970
    Instant at{};           ///< CLOCK_MONOTONIC at `wall`

    bool operator==(const Header&) const = default;
};

/// What happened, and what it made the engine do.
struct Step {
    Instant at{};
    core::Input input;
    std::uint64_t actions = 0;  ///< how many
    std::uint64_t digest = 0;   ///< of the actions, digest.hpp
};

/// The agent died while its engine handled this. The last line then.
struct Fatal {
    Instant fatal_at{};
    core::Input input;
};

/// Here this many inputs could not be written.
struct Gap {
    std::uint64_t inputs = 0;
};

/// Why a recording ends.
enum class EndCause : std::uint8_t {
    stopped,  ///< the agent has
    limit,    ///< the file has reached the size that it may have
};
struct End {
    EndCause cause = EndCause::stopped;
};

using Line = std::variant<Header, Step, Fatal, Gap, End>;

/// Without a line feed. A ConfigApplied has its settings.
std::string to_text(const Line& line);
/// Hostile-input safe: an error, with the way to the member that is wrong, for anything to_text() does not
/// make. What the engine trusts in settings is not looked at, see trust.hpp.
Result<Line> parse_line(std::string_view text);

}  // namespace regent::record
