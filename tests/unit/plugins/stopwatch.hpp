// SPDX-License-Identifier: Apache-2.0
// What something costs this thread, whoever else has the processors meanwhile.
#pragma once

#include <array>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

#include "plugins/support/descriptor.hpp"

namespace regent::test {

class Stopwatch {
  public:
    /// Begins anew.
    void start() {
        waited_us_ = waited_us();
        begin_ = std::chrono::steady_clock::now();
    }
    /// Since then, without the time that this thread waited for a processor: that is the machine's affair.
    double microseconds() const {
        const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin_;
        return took.count() - (waited_us() - waited_us_);
    }

  private:
    /// In the life of this thread (CONFIG_SCHED_INFO; 0 without).
    double waited_us() const {
        // "1234 567 8": ns on a processor, ns in a queue for one, turns.
        std::array<char, 80> text{};
        long long ran = 0;
        long long waited = 0;
        if (::pread(schedule_.get(), text.data(), text.size() - 1, 0) <= 0) return 0;
        if (std::sscanf(text.data(), "%lld %lld", &ran, &waited) != 2) return 0;
        return static_cast<double>(waited) / 1e3;
    }

    plugins::Descriptor schedule_{::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)};
    std::chrono::steady_clock::time_point begin_;
    double waited_us_ = 0;
};

}  // namespace regent::test
