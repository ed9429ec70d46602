// SPDX-License-Identifier: Apache-2.0
// The only place that asks for the time: everything below is given it.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

#include "agent/base/time.hpp"

namespace regent::platform {

/// CLOCK_MONOTONIC now. Any thread; never fails.
inline Instant now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

/// Nanoseconds since 1970, for people: it may jump. Any thread; never fails.
inline std::int64_t wall_clock() {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace regent::platform
