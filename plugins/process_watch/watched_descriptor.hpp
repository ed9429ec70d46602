// SPDX-License-Identifier: Apache-2.0
// A descriptor that the host may be watching: it must be unwatched before it is closed.
#pragma once

#include <optional>

#include "plugins/support/descriptor.hpp"
#include "regent/context.hpp"

namespace regent::plugins::process_watch {

/// Unwatches and closes its descriptor when it goes. Movable; negative means none. Loop thread.
class WatchedDescriptor {
  public:
    WatchedDescriptor() = default;
    explicit WatchedDescriptor(int fd) : descriptor_(fd) {}
    WatchedDescriptor(WatchedDescriptor&& other) noexcept
        : descriptor_(std::move(other.descriptor_)), watcher_(std::exchange(other.watcher_, std::nullopt)) {}
    WatchedDescriptor& operator=(WatchedDescriptor&& other) noexcept {
        if (this != &other) {
            reset();
            descriptor_ = std::move(other.descriptor_);
            watcher_ = std::exchange(other.watcher_, std::nullopt);
        }
        return *this;
    }
    ~WatchedDescriptor() { reset(); }

    int get() const { return descriptor_.get(); }
    explicit operator bool() const { return static_cast<bool>(descriptor_); }

    /// `events`: REGENT_FD_READ | REGENT_FD_WRITE. Throws std::system_error.
    void watch(sdk::Context context, std::uint32_t events) {
        context.watch(get(), events);
        watcher_ = context;
    }
    void reset() {
        if (watcher_) watcher_->unwatch(get());
        watcher_.reset();
        descriptor_.reset();
    }

  private:
    Descriptor descriptor_;
    std::optional<sdk::Context> watcher_;
};

}  // namespace regent::plugins::process_watch
