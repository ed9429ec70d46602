// SPDX-License-Identifier: Apache-2.0
// The exit codes of regentctl. Scripts depend on them: a number is never reused for another meaning.
#pragma once

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

}  // namespace regent::ctl
