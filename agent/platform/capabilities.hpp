// SPDX-License-Identifier: Apache-2.0
// What this process may do, asked before it is tried, so that a refusal names the capability
// (capabilities(7)).
#pragma once

#include "agent/base/result.hpp"

namespace regent::platform {

/// Whether the calling thread has `capability` (CAP_… of linux/capability.h) in its effective set.
bool has_capability(unsigned capability);

/// The failure of opening a raw or packet socket with errno `code`: EPERM becomes the name of the capability.
tl::unexpected<Error> raw_socket_failure(int code);

/// One sentence that names the missing capability when raw sockets cannot be opened or addresses not changed.
Result<void> check_permission();

}  // namespace regent::platform
