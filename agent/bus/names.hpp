// SPDX-License-Identifier: Apache-2.0
// How things are called on the bus.
#pragma once

#include <string>
#include <string_view>

#include "agent/bus/views.hpp"
#include "agent/vrrp/state_machine.hpp"

namespace regent::bus {

inline constexpr const char* service_name = "org.regent1";
inline constexpr const char* root_path = "/org/regent1";

/// The object of that name. Reversible: what D-Bus does not allow in a path is escaped, see
/// sd_bus_path_encode(3).
std::string path_of(Kind kind, std::string_view name);

/// The way back: the name of what an object stands for.
std::string name_of(const std::string& path);

/// "master", "backup", "fault", "init".
std::string state_word(vrrp::State state);

}  // namespace regent::bus
