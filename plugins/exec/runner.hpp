// SPDX-License-Identifier: Apache-2.0
// One program at a time on the host's loop: its output collected, its end told, and what was killed reaped.
// What the check and the notifier have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "child.hpp"
#include "regent/context.hpp"
#include "regent/param.hpp"

namespace regent::plugins::exec {

/// How a run ended by itself.
struct Outcome {
    End end;
    bool flooded = false;  ///< it wrote without end and was killed
    std::string output;    ///< the first 64 KiB of its standard output
    std::string errors;    ///< the same of its standard error
};

/// What a run that did not work is to be blamed on: a sentence without full stop, and a reason. "exit status
/// 3", "killed by signal 11 (Segmentation fault)", "cannot run /x: No such file or directory".
struct Complaint {
    sdk::Reason reason = sdk::Reason::ok;
    int detail_code = 0;
    std::string text;
};
/// Of any outcome but exit status 0, where nothing is to be complained of.
std::optional<Complaint> complaint(const Outcome& outcome, const std::string& file);

class Runner {
  public:
    /// What a program may write before it counts as one that never stops.
    static constexpr std::size_t maximum_written = 1 << 20;
    static constexpr std::size_t maximum_kept = 1 << 16;
    /// Killed runs that do not die, in a kernel that does not come back to them.
    static constexpr std::size_t maximum_dying = 2;

    /// `leave_group_alone`: what the program leaves running in its group outlives it.
    Runner(sdk::Context context, bool leave_group_alone)
        : context_(context), leave_group_alone_(leave_group_alone) {}

    /// Throws std::system_error: no process, no descriptor, or too many that do not die.
    void begin(const Program& program, const std::string& input = {});
    /// The outcome, when that is what the descriptor told.
    std::optional<Outcome> on_fd(int fd);
    /// Kills the run under way, if there is one, and does not wait for its end.
    void abandon();
    /// The same at the end of the instance.
    void stop();

    bool running() const { return child_.has_value(); }
    std::size_t dying() const { return dying_.size(); }
    std::uint64_t started() const { return started_; }

  private:
    Outcome finish();
    bool read_some(Descriptor& from, std::string& into);
    void close_pipe(Descriptor& pipe);
    void kill_and_keep();

    sdk::Context context_;
    bool leave_group_alone_;
    std::optional<Child> child_;
    Outcome outcome_;
    std::size_t written_ = 0;
    std::vector<Descriptor> dying_;
    std::uint64_t started_ = 0;
};

}  // namespace regent::plugins::exec
