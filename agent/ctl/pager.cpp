// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/pager.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace regent::ctl {

namespace {

// As a shell says it: the program was not found, or is none.
constexpr int cannot_run = 126, not_found = 127;

std::size_t rows_needed(const std::string& text, std::size_t columns) {
    std::size_t rows = 0;
    std::size_t used = 0;
    bool escape = false;
    for (const char letter : text) {
        if (letter == '\n') {
            ++rows;
            used = 0;
        } else if (escape || letter == '\x1b') {
            escape = letter != 'm';
        } else if ((static_cast<unsigned char>(letter) & 0xc0) != 0x80 && used++ == columns) {
            ++rows;
            used = 1;
        }
    }
    return rows;
}

bool fits_the_screen(const std::string& text) {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return true;
    // The prompt of the shell takes the last row.
    return rows_needed(text, size.ws_col) < size.ws_row;
}

/// The child.
[[noreturn]] void become_pager(const char* command) {
    if (command != nullptr) {
        ::execl("/bin/sh", "sh", "-c", command, nullptr);
    } else {
        ::execlp("less", "less", "-FRX", nullptr);
    }
    ::_exit(not_found);
}

/// What a pager that has gone did not read is not wanted.
void write_all(int descriptor, const std::string& text) {
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t size = ::write(descriptor, text.data() + written, text.size() - written);
        if (size < 0 && errno != EINTR) return;
        if (size > 0) written += static_cast<std::size_t>(size);
    }
}

/// Its end as a shell would tell it.
int status_of(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

}  // namespace

bool page(const std::string& text) {
    const char* command = std::getenv("REGENT_PAGER");
    if (command == nullptr) command = std::getenv("PAGER");
    if (command != nullptr && (*command == '\0' || std::string_view(command) == "cat")) return false;
    const char* terminal = std::getenv("TERM");
    if (terminal == nullptr || std::string_view(terminal) == "dumb" || fits_the_screen(text)) return false;
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return false;
    // It may run with the rights of root where its user has them for this program alone: no shell from less.
    ::setenv("LESSSECURE", "1", 1);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[0], STDIN_FILENO);
        ::close(ends[0]);
        ::close(ends[1]);
        become_pager(command);
    }
    ::close(ends[0]);
    // The keys that interrupt a program are the pager's from here on.
    auto* const on_interrupt = ::signal(SIGINT, SIG_IGN);
    auto* const on_gone = ::signal(SIGPIPE, SIG_IGN);
    if (child > 0) write_all(ends[1], text);
    ::close(ends[1]);
    const int status = child > 0 ? status_of(child) : not_found;
    ::signal(SIGINT, on_interrupt);
    ::signal(SIGPIPE, on_gone);
    return status != not_found && status != cannot_run;
}

}  // namespace regent::ctl
