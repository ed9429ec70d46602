// SPDX-License-Identifier: Apache-2.0
// Random inputs of every kind, with anything in every member that a line can hold.
#pragma once

#include "agent/core/input.hpp"

namespace regent::record::test {

/// Of the kind at this place in core::Input.
core::Input any_input(std::size_t kind);

/// Member by member.
bool same(const core::Input& one, const core::Input& other);

}  // namespace regent::record::test
