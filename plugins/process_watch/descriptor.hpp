// SPDX-License-Identifier: Apache-2.0
// Ownership of a descriptor that the host may be watching: it must be unwatched before it is closed.
#pragma once

#include <optional>
#include <unistd.h>
#include <utility>

#include "regent/context.hpp"

namespace regent::plugins::process_watch {

/// Unwatches and closes its descriptor when it goes. Movable; negative means none. Loop thread.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), watcher_(std::exchange(other.watcher_, std::nullopt)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
            watcher_ = std::exchange(other.watcher_, std::nullopt);
        }
        return *this;
    }
    ~Descriptor() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

    /// `events`: REGENT_FD_READ | REGENT_FD_WRITE. Throws std::system_error.
    void watch(sdk::Context context, std::uint32_t events) {
        context.watch(fd_, events);
        watcher_ = context;
    }
    void reset() {
        if (watcher_) watcher_->unwatch(fd_);
        watcher_.reset();
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

  private:
    int fd_ = -1;
    std::optional<sdk::Context> watcher_;
};

}  // namespace regent::plugins::process_watch
