// SPDX-License-Identifier: Apache-2.0
// What stands in pidfiles and in /proc, read from text alone: no file is opened here. The text may be
// anybody's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace regent::plugins::process_watch {

/// Of /proc/PID/stat (proc_pid_stat(5)).
struct ProcessStat {
    pid_t pid = 0;
    std::string comm;               ///< at most 15 bytes, any bytes
    char state = '?';               ///< R S D T t I, Z X: dead
    std::uint64_t start_ticks = 0;  ///< since boot; with the pid it names a process for ever

    bool is_dead() const { return state == 'Z' || state == 'X' || state == 'x'; }
};

std::optional<ProcessStat> parse_stat(std::string_view text);

/// The number in the first line of a pidfile, and nothing else there; 1 to 2^22, the kernel's limit.
std::optional<pid_t> parse_pidfile(std::string_view text);

/// Of /proc/PID/cmdline: each ends with a zero byte. Empty for a kernel thread or a zombie.
std::vector<std::string> parse_arguments(std::string_view text);

/// Of /proc/stat: when the machine was started, in seconds since 1970.
std::optional<std::int64_t> parse_boot_time(std::string_view text);

/// Which processes are meant. `name` is the comm, or the base name of argv[0] (a login shell's "-" aside).
struct Likeness {
    std::string name;
    std::vector<std::string> arguments;  ///< all must stand in argv behind argv[0], in this order

    /// Whether `comm` alone settles it, so that nobody need look at the arguments.
    bool is_settled_by(std::string_view comm) const { return arguments.empty() && is_named(comm); }
    bool fits(std::string_view comm, const std::vector<std::string>& argv) const;

  private:
    bool is_named(std::string_view comm) const;
};

}  // namespace regent::plugins::process_watch
