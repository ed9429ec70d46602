// SPDX-License-Identifier: Apache-2.0
// Where messages go. Service thread only: writing a log line may block, and must not block the engine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/core/action.hpp"

namespace regent::app {

/// To standard error, as far as that takes it: a full disk or a reader that is gone costs the text alone. Any
/// thread.
void print_error(std::string_view text);

/// What the journal is given of a message: FIELD=value each. A change of state has a MESSAGE_ID of its own,
/// and what it is besides in fields.
std::vector<std::string> journal_fields(const core::Log& message);

enum class LogTarget : std::uint8_t { stderr_stream, journal };

class LogSink {
  public:
    explicit LogSink(LogTarget target) : target_(target) {}

    /// `at` is when it happened, not when it is written.
    void write(const core::Log& message, Instant at) const;

  private:
    LogTarget target_;
};

}  // namespace regent::app
