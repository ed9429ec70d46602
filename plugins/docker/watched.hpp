// SPDX-License-Identifier: Apache-2.0
// The main processes of containers of this machine, each held by a pidfd: dockerd tells of their end 20 to 40
// ms after it, and says for as long that they run when it is asked.
#pragma once

#include <vector>

#include "plugins/docker/container.hpp"
#include "plugins/process_watch/process.hpp"

namespace regent::plugins::docker {

/// Loop thread.
class Watched {
  public:
    explicit Watched(sdk::Context context) : context_(context) {}

    /// Watches the processes of those that run, and no others any more. One that cannot be watched, or is not
    /// surely the container's, is left out. Those whose process has ended are marked in `containers`.
    void update(std::vector<Container>& containers);
    /// Marks in `containers` those whose process has ended by now.
    void mark(std::vector<Container>& containers) const;
    /// The container whose process has ended with this; "" if it is not a descriptor of these.
    std::string on_fd(int fd);
    void clear();
    std::size_t size() const { return processes_.size(); }

  private:
    /// Of one run of a container.
    struct Run {
        std::string id;
        std::string started_at;
        pid_t pid = 0;
        bool is_of(const Container& container) const {
            return id == container.id && pid == container.pid && started_at == container.started_at;
        }
    };
    struct Held {
        Run run;
        process_watch::Process process;
    };
    void hold(const Container& container);
    bool has_ended(const Container& container) const;

    sdk::Context context_;
    std::vector<Held> processes_;
    std::vector<Run> ended_;  ///< which dockerd may not have noticed yet
};

/// Whether /proc/PID/cgroup names this container. Without it the number might be one of another machine, or
/// of another namespace.
bool is_in_container(std::string_view cgroup, std::string_view id);

}  // namespace regent::plugins::docker
