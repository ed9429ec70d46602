// SPDX-License-Identifier: Apache-2.0
// Who has descriptors watched for libcurl: one instance of a check, or several that share connections.
#pragma once

#include "regent/context.hpp"

namespace regent::plugins::curl {

/// Loop thread. What may throw throws std::system_error.
class Watcher {
  public:
    Watcher() = default;
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    virtual ~Watcher() = default;

    virtual sdk::Instant now() const = 0;
    /// `events`: REGENT_FD_READ | REGENT_FD_WRITE.
    virtual void watch(int fd, std::uint32_t events) = 0;
    virtual void unwatch(int fd) = 0;
    /// The one timer that libcurl has.
    virtual void set_timer(sdk::Instant at) = 0;
    virtual void clear_timer() = 0;
};

/// Of one instance.
class ContextWatcher final : public Watcher {
  public:
    /// `timer`: of the instance, ours alone.
    ContextWatcher(sdk::Context context, std::uint64_t timer) : context_(context), timer_(timer) {}

    sdk::Instant now() const override { return context_.now(); }
    void watch(int fd, std::uint32_t events) override { context_.watch(fd, events); }
    void unwatch(int fd) override { context_.unwatch(fd); }
    void set_timer(sdk::Instant at) override { context_.set_timer(timer_, at); }
    void clear_timer() override { context_.clear_timer(timer_); }

  private:
    sdk::Context context_;
    std::uint64_t timer_;
};

}  // namespace regent::plugins::curl
