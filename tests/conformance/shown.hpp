// SPDX-License-Identifier: Apache-2.0
// What an engine did, as a line of expect.jsonl has it: the words of agent/record, with adverts taken apart
// and interfaces by name.
#pragma once

#include <optional>

#include "agent/core/action.hpp"
#include "agent/core/status.hpp"
#include "agent/record/writing.hpp"

#include "tests/unit/core/virtual_kernel.hpp"

namespace regent::conformance {

/// Nothing for what others do not see: how it is kept, renewed, published, and told below notice.
std::optional<record::Json> shown(const core::Action& action, const core::test::VirtualKernel& kernel);

/// Those that are not 0.
record::Json shown(const core::Counters& counters);

double in_ms(Duration duration);

}  // namespace regent::conformance
