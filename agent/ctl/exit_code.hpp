// SPDX-License-Identifier: Apache-2.0
// The exit codes of regentctl. Scripts depend on them: a number is never reused for another meaning.
#pragma once

#include <array>
#include <string_view>

namespace regent::ctl {

enum class ExitCode : int {
    ok = 0,
    failure = 1,     ///< what was asked for did not work
    usage = 2,       ///< wrong command line: one line on stderr
    not_active = 3,  ///< the object exists but is not active or not healthy
    no_such_object = 4,
    not_authorised = 5,
    unreachable = 6,     ///< the daemon does not answer
    invalid_config = 7,  ///< the configuration has errors
    timeout = 8,
};

/// For --help.
struct ExitMeaning {
    ExitCode code;
    std::string_view text;
};
inline constexpr std::array exit_meanings{
    ExitMeaning{ExitCode::ok, "success"},
    ExitMeaning{ExitCode::failure, "a failure of another kind"},
    ExitMeaning{ExitCode::usage, "wrong usage"},
    ExitMeaning{ExitCode::not_active, "something is wrong"},
    ExitMeaning{ExitCode::no_such_object, "there is nothing of that name"},
    ExitMeaning{ExitCode::not_authorised, "not allowed"},
    ExitMeaning{ExitCode::unreachable, "the agent does not answer on D-Bus"},
    ExitMeaning{ExitCode::invalid_config, "the configuration has errors, or would lose something"},
    ExitMeaning{ExitCode::timeout, "the time was over first"},
};

}  // namespace regent::ctl
