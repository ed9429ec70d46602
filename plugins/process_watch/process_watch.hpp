// SPDX-License-Identifier: Apache-2.0
// Whether the processes that a check stands for are alive: known at once when they end, by pidfd, and again
// when they are back. What is alive stays so however its source (a pidfile) may look meanwhile.
#pragma once

#include <optional>

#include "plugins/process_watch/finder.hpp"

namespace regent::plugins::process_watch {

/// The timers of an instance that are the watch's. Its own begin at `free`.
namespace timer {
inline constexpr std::uint64_t grace = 1, finder = 2, free = 3;
}

/// Loop thread.
class ProcessWatch {
  public:
    /// Told after each look, and when the state changed by itself. `is_news`: UP or DOWN, and not what was
    /// told before.
    using Seen = std::function<void(bool is_news)>;

    /// A death within `grace` of which another process is found is no news.
    ProcessWatch(sdk::Context context, std::unique_ptr<Finder> finder, sdk::Duration grace, Seen seen)
        : context_(context), finder_(std::move(finder)), grace_(grace), seen_(std::move(seen)) {}

    /// Looks for the first time.
    void start();
    /// `seen` is called, perhaps before this returns, and by `deadline`.
    void look(sdk::Instant deadline);
    /// False: not a descriptor, or a timer, of this watch.
    bool on_fd(int fd);
    bool on_timer(std::uint64_t timer);
    void stop();

    /// UP: alive. DEGRADED: has ended, and its grace has not. DOWN (exited, not_found). UNKNOWN: cannot be
    /// seen.
    const sdk::Result& sight() const { return sight_; }
    /// Of the first that is watched; 0: none is alive.
    pid_t pid() const { return processes_.empty() ? 0 : processes_.front().pid; }
    std::size_t count() const { return processes_.size(); }
    std::string describe() const;

  private:
    void begin_find(sdk::Instant deadline);
    void take(Finder::Answer answer);
    void adopt(std::vector<Process> found);
    void end_of(std::size_t index);
    void last_ended();
    void bury_dead();
    /// Drops from the front what is not meant any more.
    void drop_strangers();
    void settle();
    sdk::Result judge() const;

    sdk::Context context_;
    std::unique_ptr<Finder> finder_;
    sdk::Duration grace_;
    Seen seen_;
    std::vector<Process> processes_;
    std::optional<sdk::Result> failure_;  ///< of the last find
    std::string exited_;                  ///< what ended last, until something is found again
    std::optional<sdk::Instant> wait_until_;
    bool is_finding_ = false;
    bool find_again_ = false;
    std::optional<sdk::State> told_;
    sdk::Result sight_ = sdk::unknown(sdk::Reason::internal, "not looked yet");
};

}  // namespace regent::plugins::process_watch
