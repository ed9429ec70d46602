// SPDX-License-Identifier: Apache-2.0
// The only place that asks for the time: everything below is given it.
#pragma once

#include <chrono>
#include <ctime>

#include "agent/base/time.hpp"

namespace regent::platform {

/// CLOCK_MONOTONIC now. Any thread; never fails.
inline Instant now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace regent::platform
