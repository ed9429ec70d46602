// SPDX-License-Identifier: Apache-2.0
// Sees a REGENT_CHECK fail: runs code in a child process and reads what it said before it died.
#pragma once

#include <array>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace regent::test {

/// What `code` wrote to stderr before it aborted; nullopt when it returned or died of something else.
template <class Code>
std::optional<std::string> abort_message(const Code& code) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return std::nullopt;
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);  // Catch2 reports from its own handler otherwise
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        code();
        std::_Exit(0);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 256> part{};
    ssize_t got = 0;
    while (child > 0 && (got = read(ends[0], part.data(), part.size())) > 0)
        text.append(part.data(), static_cast<std::size_t>(got));
    close(ends[0]);
    int status = 0;
    if (child <= 0 || waitpid(child, &status, 0) != child) return std::nullopt;
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) return std::nullopt;
    return text;
}

}  // namespace regent::test
