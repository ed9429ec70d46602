// SPDX-License-Identifier: Apache-2.0
// Two agents in one network namespace would take each other's addresses for leftovers.
#pragma once

#include "agent/base/result.hpp"
#include "agent/platform/descriptor.hpp"

namespace regent::platform {

/// Held for the life of the agent: the abstract unix socket "@regentd", which the kernel keeps per network
/// namespace and frees with the process, however it ends.
class SingleInstance {
  public:
    /// Fails with a sentence that names the holder when there is one.
    static Result<SingleInstance> claim();

  private:
    explicit SingleInstance(Descriptor socket) : socket_(std::move(socket)) {}

    Descriptor socket_;
};

}  // namespace regent::platform
