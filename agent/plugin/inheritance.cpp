// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/inheritance.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>

namespace regent::plugin {

namespace {

constexpr std::uint64_t bit(unsigned capability) {
    return std::uint64_t{1} << capability;
}

int ambient(int what, unsigned capability) {
    return ::prctl(PR_CAP_AMBIENT, what, capability, 0, 0);
}

}  // namespace

std::uint64_t capabilities_of(bool net_raw, bool setuid) {
    return (net_raw ? bit(CAP_NET_RAW) : 0) |
           (setuid ? bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_KILL) : 0);
}

Inheritance::Inheritance(std::uint64_t keep) {
    // The first number that the kernel does not know ends it.
    for (unsigned capability = 0; capability < 64; ++capability) {
        const int is_set = ambient(PR_CAP_AMBIENT_IS_SET, capability);
        if (is_set < 0) break;
        if (is_set == 0 || (keep & bit(capability)) != 0) continue;
        if (ambient(PR_CAP_AMBIENT_LOWER, capability) == 0) lowered_.push_back(capability);
    }
}

Inheritance::~Inheritance() {
    for (const unsigned capability : lowered_)
        ambient(PR_CAP_AMBIENT_RAISE, capability);
}

}  // namespace regent::plugin
