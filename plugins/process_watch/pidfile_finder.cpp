// SPDX-License-Identifier: Apache-2.0
// When a pidfile is to be believed. It is not when its process has ended, when that process is not what it
// should be, when the file was not written again since its process ended (whatever runs under that number by
// now), or when the file is older than the last start of the machine. Times of processes and of files are not
// compared otherwise: a step of the wall clock, after a machine was suspended, would make a living process
// look wrong.
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "plugins/process_watch/finder.hpp"

namespace regent::plugins::process_watch {
namespace {

/// Which file it was, and when it was last written.
struct FileStamp {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    bool operator==(const FileStamp&) const = default;
};

std::optional<FileStamp> stamp_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return FileStamp{status.st_dev, status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

/// A file system in memory holds nothing from before the start of the machine.
bool is_in_memory(const std::string& path) {
    struct statfs status {};
    return ::statfs(path.c_str(), &status) == 0 &&
           (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

class PidfileFinder final : public Finder {
  public:
    PidfileFinder(sdk::Context context, std::string path, std::optional<Likeness> likeness)
        : context_(context), path_(std::move(path)), likeness_(std::move(likeness)) {}

    void start(Hint hint) override {
        hint_ = std::move(hint);
        watch_directory();
    }
    void find(sdk::Instant, Done done) override {
        watch_directory();
        done(find_now());
    }
    bool must_ask_while_alive() const override { return is_changing(); }
    void forget(const Process& process) override {
        if (process.pid == believed_pid_) stale_ = believed_;
    }
    /// A daemon that takes over (haproxy -sf) makes its pidfile anew before it tells the old one to end, and
    /// writes its number after that. The pidfile of one that has died is as it was, or removed.
    bool is_changing() const override {
        const auto stamp = stamp_of(path_);
        return stamp && stamp != believed_;
    }
    bool on_fd(int fd) override;
    void stop() override { inotify_.reset(); }

  private:
    Answer find_now();
    sdk::Result unreadable(int error) const;
    bool is_older_than_this_boot(const FileStamp& stamp) const;
    void watch_directory();

    sdk::Context context_;
    std::string path_;
    std::optional<Likeness> likeness_;
    Hint hint_;
    WatchedDescriptor inotify_;
    bool is_watching_ = false;
    std::optional<FileStamp> believed_;  ///< when it named `believed_pid_`
    pid_t believed_pid_ = 0;
    std::optional<FileStamp> stale_;
};

sdk::Result PidfileFinder::unreadable(int error) const {
    if (error == ENOENT || error == ENOTDIR)
        return sdk::down(sdk::Reason::not_found, fmt::format("there is no pidfile {}", path_));
    return sdk::unknown(error == EACCES ? sdk::Reason::permission : sdk::Reason::config,
                        fmt::format("cannot read pidfile {}: {}", path_, std::strerror(error)), error);
}

/// Where the likeness is known it says more than any time does.
bool PidfileFinder::is_older_than_this_boot(const FileStamp& stamp) const {
    if (likeness_ || is_in_memory(path_)) return false;
    const auto text = read_small_file("/proc/stat", 1 << 20);
    const auto boot = text ? parse_boot_time(*text) : std::nullopt;
    return boot && stamp.seconds + 1 < *boot;
}

Finder::Answer PidfileFinder::find_now() {
    const auto stale = [&](std::string_view why) {
        return tl::unexpected(
            sdk::down(sdk::Reason::not_found, fmt::format("pidfile {} is stale: {}", path_, why)));
    };
    const auto stamp = stamp_of(path_);
    const auto text = read_small_file(path_, 4096);
    if (!text) return tl::unexpected(unreadable(text.error()));
    const auto pid = parse_pidfile(*text);
    if (!pid) return stale("it holds no process number");
    if (!stamp || stamp == stale_) return stale(fmt::format("process {} exited", *pid));
    if (is_older_than_this_boot(*stamp)) return stale("it is older than the last boot");
    auto process = open_process(*pid, likeness_ ? &*likeness_ : nullptr);
    if (!process && process.error().state == sdk::State::down) return stale(process.error().message);
    if (!process) return tl::unexpected(process.error());
    believed_ = stamp;
    believed_pid_ = *pid;
    std::vector<Process> one;
    one.push_back(std::move(*process));
    return one;
}

void PidfileFinder::watch_directory() {
    if (is_watching_) return;
    if (!inotify_) {
        inotify_ = WatchedDescriptor(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
        if (!inotify_) return;  // each user has 128 of them; what changes is then seen when probed
        inotify_.watch(context_, REGENT_FD_READ);
    }
    const std::string directory = std::filesystem::path(path_).parent_path();
    constexpr auto events = IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR;
    is_watching_ = ::inotify_add_watch(inotify_.get(), directory.c_str(), events) >= 0;
}

bool PidfileFinder::on_fd(int fd) {
    if (fd != inotify_.get()) return false;
    const std::string name = std::filesystem::path(path_).filename();
    alignas(inotify_event) std::array<char, 16384> buffer{};
    bool is_ours = false;
    // One read a round: a directory in which much happens must not keep the loop.
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    for (ssize_t at = 0; at < count;) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof event);
        const char* const event_name = buffer.data() + at + sizeof event;
        if ((event.mask & IN_IGNORED) != 0) is_watching_ = false;  // the directory is gone
        is_ours = is_ours || (event.mask & IN_Q_OVERFLOW) != 0 || (event.len > 0 && name == event_name);
        at += static_cast<ssize_t>(sizeof event + event.len);
    }
    if (is_ours) hint_();
    return true;
}

}  // namespace

std::unique_ptr<Finder> find_by_pidfile(sdk::Context context, std::string path,
                                        std::optional<Likeness> likeness) {
    return std::make_unique<PidfileFinder>(context, std::move(path), std::move(likeness));
}

}  // namespace regent::plugins::process_watch
