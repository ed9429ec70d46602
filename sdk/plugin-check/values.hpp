// SPDX-License-Identifier: Apache-2.0
// Values for parameters that nobody gave: ones that are likely to be accepted, ones at the edges of what the
// schema allows, and random ones. None names anything that exists: no file, and no address but of this
// machine.
#pragma once

#include <random>
#include <string_view>
#include <vector>

#include "regent/testing/settings.hpp"
#include "sdk/plugin-check/options.hpp"

namespace regent::plugin_check {

using sdk::testing::Given;
using sdk::testing::Settings;

/// nullptr: the type has no such parameter.
const regent_param* param_of(const regent_type& type, std::string_view name);

/// Values with which an instance can be made: what --param gives, and what is tried for the rest until the
/// type accepts it. Throws Failed with its last refusal.
Settings accepted_settings(const regent_type& type, const std::vector<GivenParam>& given);

/// `settings` with another value for one parameter.
Settings with(Settings settings, std::string_view name, const Given& value);
Settings without(Settings settings, std::string_view name);

/// All that is at an edge of what the schema allows for a parameter.
std::vector<Given> edges(const regent_param& param);

/// Each parameter at random: left out, plausible, or at an edge.
Settings random_settings(const regent_type& type, std::mt19937_64& random);

}  // namespace regent::plugin_check
