// SPDX-License-Identifier: Apache-2.0
// The status document (regent.status.1) for people: what is wrong first, then who is what and why.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace regent::ctl {

/// `now`: µs since 1970. `colour`: ANSI colours; the words carry the meaning without them.
std::string status_text(const nlohmann::ordered_json& status, std::uint64_t now, bool colour);

/// Sentences about what needs a person: the worst first. Empty: nothing.
std::vector<std::string> what_is_wrong(const nlohmann::ordered_json& status);

/// Every property of one instance or group, a line each.
std::string show_text(const nlohmann::ordered_json& object);

/// "3 s", "5 min", "2 h", "4 d".
std::string age(std::uint64_t since, std::uint64_t now);

}  // namespace regent::ctl
