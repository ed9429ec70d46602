// SPDX-License-Identifier: Apache-2.0
// What the tests of the exec check and notifier share: shell commands, and looking at processes.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "regent/testing.hpp"

namespace regent::plugins::exec::test {

inline sdk::testing::Given shell(const std::string& script) {
    return std::vector<std::string>{"/bin/sh", "-c", script};
}

inline std::string content(const std::string& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Whether this process has children, dead or alive, that nobody has collected.
inline bool has_children() {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

inline bool alive(pid_t pid) {
    // A zombie that init has not collected yet is not alive.
    const std::string status = content("/proc/" + std::to_string(pid) + "/stat");
    const auto end = status.rfind(')');
    return end != std::string::npos && status.size() > end + 2 && status[end + 2] != 'Z';
}

}  // namespace regent::plugins::exec::test
