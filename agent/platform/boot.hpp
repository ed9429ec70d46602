// SPDX-License-Identifier: Apache-2.0
// Which boot of this machine it is: CLOCK_MONOTONIC means nothing in another.
#pragma once

#include <fstream>
#include <string>

namespace regent::platform {

/// The kernel's word for it, 36 characters; empty where /proc is not readable.
inline std::string boot_id() {
    std::string text;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
    return text;
}

}  // namespace regent::platform
