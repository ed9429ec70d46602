// SPDX-License-Identifier: Apache-2.0
// What a program that is started meanwhile would inherit. Each case in a thread of its own: capabilities are
// a thread's.
#include "agent/plugin/inheritance.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <linux/capability.h>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace regent::plugin {
namespace {

constexpr std::uint64_t net_admin = std::uint64_t{1} << CAP_NET_ADMIN;
constexpr std::uint64_t net_raw = std::uint64_t{1} << CAP_NET_RAW;

std::uint64_t ambient() {
    std::ifstream file("/proc/thread-self/status");
    for (std::string word; file >> word;) {
        if (word == "CapAmb:" && file >> word) return std::stoull(word, nullptr, 16);
    }
    return ~std::uint64_t{0};
}

/// As AmbientCapabilities= of the unit does. False: this process has not got them to give.
bool raise_both() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
    sets[0].inheritable |= static_cast<std::uint32_t>(net_admin | net_raw);
    return ::syscall(SYS_capset, &header, sets.data()) == 0 &&
           ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) == 0 &&
           ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) == 0;
}

TEST_CASE("a program inherits what it is to keep, and the thread has all again afterwards") {
    const auto [keep, inherited] = GENERATE(table<std::uint64_t, std::uint64_t>(
        {{0, 0}, {capabilities_of(true, false), net_raw}, {capabilities_of(false, true), 0}}));
    bool raised = false;
    std::array<std::uint64_t, 3> seen{};
    std::thread([&, keep = keep] {
        raised = raise_both();
        seen[0] = ambient();
        {
            const Inheritance inheritance(keep);
            seen[1] = ambient();
        }
        seen[2] = ambient();
    }).join();
    if (!raised) {
        WARN("SKIP: without CAP_NET_ADMIN and CAP_NET_RAW there is nothing to inherit");
        return;
    }
    CHECK(seen == std::array{net_admin | net_raw, inherited, net_admin | net_raw});
}

}  // namespace
}  // namespace regent::plugin
