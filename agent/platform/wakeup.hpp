// SPDX-License-Identifier: Apache-2.0
// One thread wakes the event loop of another.
#pragma once

#include "agent/base/result.hpp"
#include "agent/platform/descriptor.hpp"

namespace regent::platform {

/// An eventfd(2). Many signals before a clear() are one wake-up: the woken side empties its queue each time.
class Wakeup {
  public:
    static Result<Wakeup> open();

    /// Any thread, never blocks.
    void signal() const;

    /// The woken thread, before it looks at its queue.
    void clear() const;

    /// Readable, level-triggered, from signal() to clear().
    int fd() const { return event_.get(); }

  private:
    explicit Wakeup(Descriptor event) : event_(std::move(event)) {}

    Descriptor event_;
};

}  // namespace regent::platform
