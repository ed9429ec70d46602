// SPDX-License-Identifier: Apache-2.0
// What regentctl and the agent ask of a plugin without running it: what it offers, and what it thinks of
// values.
#pragma once

#include <string>

#include "agent/base/result.hpp"
#include "agent/plugin/host/contract.hpp"

namespace regent::plugin::host {

/// `request`: a JSON array of {"kind": "check" or "notifier", "type": NAME, "values": […]} (value_json.hpp).
/// The answer: a JSON array with null, or {"parameter": index or null, "text": a sentence}, for each.
Result<std::string> validate(const Contract& contract, const std::string& request);

}  // namespace regent::plugin::host
