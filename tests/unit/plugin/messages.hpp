// SPDX-License-Identifier: Apache-2.0
// Messages of every kind with fields within their limits, and their comparison.
#pragma once

#include <rapidcheck.h>

#include "agent/plugin/protocol.hpp"

namespace regent::test {

rc::Gen<plugin::ToHost> to_host_messages();
rc::Gen<plugin::ToAgent> to_agent_messages();

/// One of each kind, with no field at its default.
std::vector<plugin::ToHost> each_to_host();
std::vector<plugin::ToAgent> each_to_agent();

/// Equal in every field. Written out field by field, so that it does not depend on how they are encoded.
bool same(const plugin::ToHost& left, const plugin::ToHost& right);
bool same(const plugin::ToAgent& left, const plugin::ToAgent& right);

}  // namespace regent::test
