// SPDX-License-Identifier: Apache-2.0
// The parameters that the check and the notifier have in common.
#pragma once

#include <optional>
#include <string>

#include "child.hpp"
#include "regent/param.hpp"
#include "regent/values.hpp"

namespace regent::plugins::exec {

constexpr sdk::Param command_param =
    sdk::Param::text("command", "program and arguments; the program by its absolute path, without a shell")
        .list()
        .required()
        .between(1, 64);
constexpr sdk::Param user_param =
    sdk::Param::text("user", "who runs it; nobody if regent runs as root, else the user of regent");
constexpr sdk::Param environment_param =
    sdk::Param::text("environment", "variables that it gets, \"NAME=value\"; else PATH and LANG=C")
        .list()
        .between(0, 64);

/// Without its account, which is for start() to look up. Throws sdk::Blame.
Program program_of(const sdk::Values& values);

/// Sets NAME=value, in the place of an older value.
void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value);

}  // namespace regent::plugins::exec
