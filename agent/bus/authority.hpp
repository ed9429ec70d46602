// SPDX-License-Identifier: Apache-2.0
// Who may act: root, and whom polkit lets. Without polkit, root alone.
#pragma once

#include <sdbus-c++/sdbus-c++.h>
#include <string>

#include "agent/bus/request.hpp"

namespace regent::bus {

/// Of the message that `object` is handling. Bus thread.
Caller caller_of(const sdbus::Message& message);

/// Throws sdbus::Error org.regent1.Error.NotAuthorized, with a sentence, unless the sender of `message` may
/// do `action` (org.regent1.reload, .handover, .maintenance, .override). Asks polkit, which may take up to
/// two seconds, and not again for five when it did not answer. Bus thread.
void demand(sdbus::IConnection& connection, const sdbus::Message& message, const std::string& action);

}  // namespace regent::bus
