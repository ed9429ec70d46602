// SPDX-License-Identifier: Apache-2.0
#include "plugins/process_watch/process.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "plugins/support/printable.hpp"

namespace regent::plugins::process_watch {
namespace {

constexpr std::size_t maximum_shown = 64, maximum_cmdline = 1 << 18;

// The C library of Debian 12 declares no pidfd_open.
int pidfd_open(pid_t pid) {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
    if (fd >= 0) ::fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

tl::unexpected<sdk::Result> not_found(std::string text) {
    return tl::unexpected(sdk::down(sdk::Reason::not_found, std::move(text)));
}

/// Why a process could not be looked at.
tl::unexpected<sdk::Result> unseen(pid_t pid, int error) {
    const auto reason = error == EMFILE || error == ENFILE || error == ENOMEM ? sdk::Reason::resource
                        : error == EACCES || error == EPERM                   ? sdk::Reason::permission
                                                                              : sdk::Reason::internal;
    return tl::unexpected(
        sdk::unknown(reason, fmt::format("cannot look at process {}: {}", pid, std::strerror(error)), error));
}

/// With hidepid, /proc shows only processes of our own user: that one is not there proves nothing.
bool proc_hides_others() {
    struct stat status {};
    return ::stat("/proc/1", &status) != 0;
}

sdk::Result hidden(const std::string& what) {
    return sdk::unknown(
        sdk::Reason::permission,
        fmt::format("cannot look at {}: /proc is mounted with hidepid; its gid= is the group to join", what));
}

/// With hidepid=1 the processes of others are there, and closed.
sdk::Result unseen_of_many(pid_t pid, int error) {
    return error == EACCES || error == EPERM ? hidden("processes of others") : unseen(pid, error).value();
}

std::string proc_path(pid_t pid, std::string_view file) {
    return fmt::format("/proc/{}/{}", pid, file);
}

bool fits(const Likeness& likeness, const ProcessStat& stat) {
    if (likeness.is_settled_by(stat.comm)) return true;
    const auto cmdline = read_small_file(proc_path(stat.pid, "cmdline"), maximum_cmdline);
    return cmdline && likeness.fits(stat.comm, parse_arguments(*cmdline));
}

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

tl::expected<std::string, int> read_small_file(const std::string& path, std::size_t limit) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) return tl::unexpected(errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return tl::unexpected(errno);
    if (!S_ISREG(status.st_mode)) return tl::unexpected(EINVAL);
    std::string text;
    for (;;) {
        const std::size_t held = text.size();
        text.resize(held + 4096);
        const ssize_t count = ::read(file.get(), text.data() + held, 4096);
        text.resize(held + static_cast<std::size_t>(count > 0 ? count : 0));
        if (count == 0) return text;
        if (count < 0 && errno != EINTR) return tl::unexpected(errno);
        if (text.size() > limit) return tl::unexpected(EFBIG);
    }
}

bool Process::has_ended() const {
    pollfd polled{pidfd.get(), POLLIN, 0};
    return ::poll(&polled, 1, 0) == 1;
}

Outcome<Process> open_process(pid_t pid, const Likeness* likeness) {
    const auto gone = [&] { return not_found(fmt::format("there is no process {}", pid)); };
    Process process;
    process.pid = pid;
    process.pidfd = WatchedDescriptor(pidfd_open(pid));
    // EINVAL, ENOENT: the number is that of a thread.
    if (!process.pidfd && (errno == ESRCH || errno == EINVAL || errno == ENOENT)) return gone();
    if (!process.pidfd) return unseen(pid, errno);

    const auto text = read_small_file(proc_path(pid, "stat"));
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    const bool is_like = stat && likeness != nullptr && fits(*likeness, *stat);
    // Only now is it sure that all that was read is of the process that the descriptor holds.
    if (process.has_ended()) return gone();
    if (!text && text.error() == ENOENT && proc_hides_others())
        return tl::unexpected(hidden(fmt::format("process {}", pid)));
    if (!text) return unseen(pid, text.error());
    if (!stat) return unseen(pid, EPROTO);
    if (likeness != nullptr && !is_like)
        return not_found(fmt::format("process {} is {}, not {}", pid, printable(stat->comm, maximum_shown),
                                     likeness->name));
    process.comm = stat->comm;
    process.start_ticks = stat->start_ticks;
    return process;
}

bool is_still_like(const Process& process, const Likeness& likeness) {
    const auto text = read_small_file(proc_path(process.pid, "stat"));
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    if (!stat || likeness.is_settled_by(stat->comm)) return true;
    const auto cmdline = read_small_file(proc_path(process.pid, "cmdline"), maximum_cmdline);
    // What cannot be read says nothing, nor does one that is empty: within execve() it is for a moment. What
    // was read of one that has ended may be of another.
    return !cmdline || cmdline->empty() || likeness.fits(stat->comm, parse_arguments(*cmdline)) ||
           process.has_ended();
}

Outcome<std::vector<Process>> find_processes(const Likeness& likeness, std::size_t limit) {
    const std::unique_ptr<DIR, CloseDirectory> proc(::opendir("/proc"));
    if (!proc) return unseen(0, errno);
    std::vector<Process> found;
    std::optional<sdk::Result> unclear;
    while (const dirent* entry = ::readdir(proc.get())) {
        const std::string_view name = entry->d_name;
        pid_t pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size())
            continue;
        const auto text = read_small_file(proc_path(pid, "stat"));
        const auto stat = text ? parse_stat(*text) : std::nullopt;
        // It may just have ended; any other error leaves open whether it is one of those that are meant.
        if (!text && text.error() != ENOENT && text.error() != ESRCH)
            unclear = unseen_of_many(pid, text.error());
        if (!stat || stat->is_dead() || !fits(likeness, *stat)) continue;
        auto process = open_process(pid, &likeness);
        if (process) found.push_back(std::move(*process));
        if (!process && process.error().state == sdk::State::unknown) unclear = process.error();
        if (found.size() >= limit) break;
    }
    if (found.empty() && unclear) return tl::unexpected(std::move(*unclear));
    if (found.empty() && proc_hides_others()) return tl::unexpected(hidden("processes of others"));
    if (found.empty()) return not_found(fmt::format("no process is called {}", likeness.name));
    return found;
}

}  // namespace regent::plugins::process_watch
