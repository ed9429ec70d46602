// SPDX-License-Identifier: Apache-2.0
// The engine trusts its settings because agent/config has checked them. Those in a recording may be
// anybody's.
#pragma once

#include "agent/base/result.hpp"
#include "agent/core/settings.hpp"

namespace regent::record {

/// An error names the instance, group or check, and what the engine must not be given. Advice and warnings
/// are agent/config's.
Result<void> check_trust(const core::Settings& settings);

}  // namespace regent::record
