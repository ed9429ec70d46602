// SPDX-License-Identifier: Apache-2.0
// Where the processes to watch are known from: a pidfile, a unit of systemd, or a name. All on the loop
// thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/process_watch/process.hpp"

namespace regent::plugins::process_watch {

class Finder {
  public:
    using Answer = Outcome<std::vector<Process>>;  ///< at least one process, all alive just now
    using Done = std::function<void(Answer)>;
    /// The source may know of another process now.
    using Hint = std::function<void()>;

    Finder() = default;
    Finder(const Finder&) = delete;
    Finder& operator=(const Finder&) = delete;
    virtual ~Finder() = default;

    virtual void start(Hint hint) = 0;
    /// Calls `done` once, perhaps before it returns, and by `deadline`. One at a time.
    virtual void find(sdk::Instant deadline, Done done) = 0;
    /// What is under way is wanted by `deadline` now, if that is sooner.
    virtual void hurry(sdk::Instant) {}
    /// Whether a new process can take the place of a living one without a hint.
    virtual bool must_ask_while_alive() const { return false; }
    /// False: `process` lives, but is not what is meant any more.
    virtual bool is_still_meant(const Process&) const { return true; }
    /// `process` has ended: where the source still speaks of it, it is stale.
    virtual void forget(const Process&) {}
    /// Whether the source is being changed at this moment, so that an answer now means little.
    virtual bool is_changing() const { return false; }
    /// False: not a descriptor, or a timer, of this finder.
    virtual bool on_fd(int) { return false; }
    virtual bool on_timer(std::uint64_t) { return false; }
    /// Watches nothing any more; `done` is not called any more.
    virtual void stop() = 0;
};

/// The process that `path` names, if `likeness` fits it. A hint comes from inotify.
std::unique_ptr<Finder> find_by_pidfile(sdk::Context context, std::string path,
                                        std::optional<Likeness> likeness);
/// The main process of a service, as systemd says it on the system bus. A hint is a signal of systemd.
std::unique_ptr<Finder> find_by_unit(sdk::Context context, std::string unit, std::uint64_t timer);
/// All processes that `likeness` fits, at most 64. No hints.
std::unique_ptr<Finder> find_by_likeness(Likeness likeness);

}  // namespace regent::plugins::process_watch
