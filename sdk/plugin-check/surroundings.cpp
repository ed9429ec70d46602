// SPDX-License-Identifier: Apache-2.0
#include "sdk/plugin-check/surroundings.hpp"

#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <dirent.h>
#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <malloc.h>
#include <memory>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace regent::plugin_check {
namespace {

std::size_t entries(const char* folder) {
    std::size_t count = 0;
    std::error_code error;
    for (auto at = std::filesystem::directory_iterator(folder, error);
         at != std::filesystem::directory_iterator(); at.increment(error))
        ++count;
    return count;
}

std::string dispositions() {
    std::string text;
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) != 0) continue;
        if (action.sa_handler != SIG_DFL)
            text += fmt::format("{}:{} ", signal, action.sa_handler == SIG_IGN ? "ignored" : "handled");
    }
    return text;
}

std::string blocked() {
    sigset_t mask{};
    std::string text;
    ::sigprocmask(SIG_SETMASK, nullptr, &mask);
    for (int signal = 1; signal < NSIG; ++signal) {
        if (::sigismember(&mask, signal) == 1) text += fmt::format("{} ", signal);
    }
    return text;
}

/// umask(2) cannot be asked without being changed.
std::string umask_of_this_process() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("Umask:")) return line.substr(6);
    }
    return {};
}

}  // namespace

std::map<int, std::string> open_descriptors() {
    std::map<int, std::string> found;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), ::closedir);
    if (!folder) return found;
    while (const dirent* entry = ::readdir(folder.get())) {
        if (entry->d_name[0] == '.') continue;
        const int fd = std::atoi(entry->d_name);
        if (fd == ::dirfd(folder.get())) continue;
        std::error_code error;
        found[fd] = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", fd), error).string();
    }
    return found;
}

std::size_t threads() {
    return entries("/proc/self/task");
}

std::optional<std::size_t> children() {
    std::size_t count = 0;
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
        std::ifstream list(task.path() / "children");
        if (!list) return std::nullopt;
        for (pid_t pid = 0; list >> pid;)
            ++count;
    }
    return count;
}

std::size_t heap_in_use() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

std::string printed() {
    std::fflush(stdout);
    struct stat status {};
    if (::fstat(STDOUT_FILENO, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) return {};
    std::string text(static_cast<std::size_t>(status.st_size < 4096 ? status.st_size : 4096), '\0');
    const auto got = ::pread(STDOUT_FILENO, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

std::map<std::string, std::string> process_state() {
    std::string environment;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
        environment += std::string(*variable) + "\n";
    std::error_code error;
    return {{"what signals do", dispositions()},
            {"the blocked signals", blocked()},
            {"the locale", std::setlocale(LC_ALL, nullptr)},
            {"the umask", umask_of_this_process()},
            {"the working directory", std::filesystem::current_path(error).string()},
            {"the environment", environment}};
}

}  // namespace regent::plugin_check
