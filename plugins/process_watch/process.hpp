// SPDX-License-Identifier: Apache-2.0
// A running process, held by a pidfd: its end is an event, and its number cannot come to mean another one.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "plugins/process_watch/proc_text.hpp"
#include "plugins/process_watch/watched_descriptor.hpp"
#include "regent/context.hpp"

namespace regent::plugins::process_watch {

/// What was wanted, or what a check has to say instead.
template <class Value>
using Outcome = tl::expected<Value, sdk::Result>;

/// At most `limit` bytes of a small regular file; its error is an errno (EFBIG: it is longer, EINVAL: it is
/// not a regular file). Never waits: a pipe in the file's place is not opened for long.
tl::expected<std::string, int> read_small_file(const std::string& path, std::size_t limit = 16384);

/// Loop thread.
struct Process {
    pid_t pid = 0;
    std::string comm;
    std::uint64_t start_ticks = 0;
    WatchedDescriptor pidfd;  ///< readable once the process has ended, reaped or not

    bool has_ended() const;
    bool is_same_as(const Process& other) const {
        return pid == other.pid && start_ticks == other.start_ticks;
    }
};

/// DOWN (not_found) when no process of this number lives, or when `likeness` is given and does not fit.
/// UNKNOWN when that cannot be seen.
Outcome<Process> open_process(pid_t pid, const Likeness* likeness = nullptr);

/// False: `process` lives, and `likeness` does not fit it any more.
bool is_still_like(const Process& process, const Likeness& likeness);

/// The processes in /proc that `likeness` fits, at most `limit`. Reads two small files for each process there
/// is.
Outcome<std::vector<Process>> find_processes(const Likeness& likeness, std::size_t limit);

}  // namespace regent::plugins::process_watch
