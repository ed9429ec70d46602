// SPDX-License-Identifier: Apache-2.0
#include "plugins/docker/watched.hpp"

#include <algorithm>

namespace regent::plugins::docker {

bool is_in_container(std::string_view cgroup, std::string_view id) {
    return !id.empty() && cgroup.find(id) != std::string_view::npos;
}

void Watched::update(std::vector<Container>& containers) {
    const auto is_there = [&](const Run& run) {
        return std::any_of(containers.begin(), containers.end(),
                           [&](const Container& container) { return run.is_of(container); });
    };
    std::erase_if(processes_, [&](const Held& held) { return !is_there(held.run); });
    std::erase_if(ended_, [&](const Run& run) { return !is_there(run); });
    for (const Container& container : containers) {
        if (container.is_running && container.pid > 0) hold(container);
    }
    mark(containers);
}

void Watched::hold(const Container& container) {
    if (has_ended(container)) return;
    for (const Held& held : processes_) {
        if (held.run.is_of(container)) return;
    }
    auto process = process_watch::open_process(container.pid);
    if (!process) return;
    const auto cgroup = process_watch::read_small_file("/proc/" + std::to_string(container.pid) + "/cgroup");
    if (!cgroup || !is_in_container(*cgroup, container.id) || process->has_ended()) return;
    process->pidfd.watch(context_, REGENT_FD_READ);
    processes_.push_back({{container.id, container.started_at, container.pid}, std::move(*process)});
}

bool Watched::has_ended(const Container& container) const {
    return std::any_of(ended_.begin(), ended_.end(), [&](const Run& run) { return run.is_of(container); });
}

void Watched::mark(std::vector<Container>& containers) const {
    for (Container& container : containers) {
        if (container.is_running && has_ended(container)) container.is_process_gone = true;
    }
}

std::string Watched::on_fd(int fd) {
    const auto found = std::find_if(processes_.begin(), processes_.end(),
                                    [&](const Held& held) { return held.process.pidfd.get() == fd; });
    if (found == processes_.end()) return {};
    std::string id = found->run.id;
    ended_.push_back(std::move(found->run));
    processes_.erase(found);
    return id;
}

void Watched::clear() {
    processes_.clear();
    ended_.clear();
}

}  // namespace regent::plugins::docker
