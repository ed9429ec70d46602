// SPDX-License-Identifier: Apache-2.0
#include "plugins/process_watch/finder.hpp"

namespace regent::plugins::process_watch {
namespace {

/// Many workers of one name may run. While any of the watched lives, that is all one need know.
constexpr std::size_t maximum_processes = 64;

class LikenessFinder final : public Finder {
  public:
    explicit LikenessFinder(Likeness likeness) : likeness_(std::move(likeness)) {}

    void start(Hint) override {}
    /// It may have become another program, as a child does that was seen between fork and exec.
    bool is_still_meant(const Process& process) const override { return is_still_like(process, likeness_); }
    void find(sdk::Instant, Done done) override { done(find_processes(likeness_, maximum_processes)); }
    void stop() override {}

  private:
    Likeness likeness_;
};

}  // namespace

std::unique_ptr<Finder> find_by_likeness(Likeness likeness) {
    return std::make_unique<LikenessFinder>(std::move(likeness));
}

}  // namespace regent::plugins::process_watch
