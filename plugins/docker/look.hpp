// SPDX-License-Identifier: Apache-2.0
// Asks dockerd for all that there is to know of the containers that are wanted.
#pragma once

#include <memory>
#include <optional>

#include "plugins/docker/daemon.hpp"
#include "plugins/docker/question.hpp"
#include "plugins/docker/verdict.hpp"

namespace regent::plugins::docker {

/// Loop thread.
class Look {
  public:
    /// None: there is no such container. The error is UNKNOWN.
    using Sight = tl::expected<std::vector<Container>, sdk::Result>;
    using Done = std::function<void(Sight)>;
    /// Of one label. More of them are a mistake in the configuration.
    static constexpr std::size_t maximum_containers = 64;

    Look(Daemon& daemon, const Wanted& wanted) : daemon_(daemon), wanted_(wanted) {}

    /// Gives up what is under way. `done` is called once, perhaps before this returns.
    void start(Done done);
    void cancel();
    bool is_active() const { return done_ != nullptr; }
    /// For a message, while it is active.
    std::string awaited() const;
    /// Those that dockerd has answered for, while it is active, or when its error is told.
    const std::vector<Container>& found() const { return found_; }
    /// When its error is told: dockerd has answered for each, if not for all with something of use.
    bool is_answered() const { return open_ == 0; }

  private:
    void ask(std::size_t index, const std::string& id);
    void take_list(Question::Answer answer);
    void take(Question::Answer answer);
    void finish(Sight sight);

    Daemon& daemon_;
    const Wanted& wanted_;
    std::unique_ptr<Question> list_;
    std::vector<std::unique_ptr<Question>> questions_;
    std::uint64_t number_ = 0;
    std::size_t open_ = 0;  ///< questions of this look without an answer
    std::vector<Container> found_;
    std::optional<sdk::Result> unclear_;  ///< what dockerd said of a container instead of how it is
    Done done_;
};

}  // namespace regent::plugins::docker
