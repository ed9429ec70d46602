// SPDX-License-Identifier: Apache-2.0
// Where messages go. Service thread only: writing a log line may block, and must not block the engine.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/time.hpp"
#include "agent/core/action.hpp"

namespace regent::app {

/// To standard error, as far as that takes it: a full disk or a reader that is gone costs the text alone. Any
/// thread.
void print_error(std::string_view text);

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
