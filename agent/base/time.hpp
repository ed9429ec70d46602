// SPDX-License-Identifier: Apache-2.0
// Monotonic time as a value that is passed in: nothing below agent/platform can ask for the time.
#pragma once

#include <chrono>

namespace regent {

using Duration = std::chrono::nanoseconds;

/// The clock of Instant: CLOCK_MONOTONIC, read only by agent/platform. It has no now() on purpose.
struct MonotonicClock {
    using rep = Duration::rep;
    using period = Duration::period;
    using duration = Duration;
    using time_point = std::chrono::time_point<MonotonicClock>;
    static constexpr bool is_steady = true;
};

/// A moment of CLOCK_MONOTONIC.
using Instant = MonotonicClock::time_point;

}  // namespace regent
