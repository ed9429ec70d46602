// SPDX-License-Identifier: Apache-2.0
// A program that is started, watched and killed without ever waiting for it.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "account.hpp"
#include "plugins/support/descriptor.hpp"

namespace regent::plugins::exec {

struct Program {
    std::vector<std::string> arguments;    ///< the first is the file, an absolute path
    std::vector<std::string> environment;  ///< NAME=value, all that it gets
    Account account;
};

/// Why it is not running any more.
struct End {
    int failed_call = 0;  ///< errno of what came between fork and the program's first instruction; 0: it ran
    std::string failed_step;  ///< which call that was, where it was not execve itself
    int exit_status = 0;
    int signal = 0;  ///< that killed it; 0: it exited
};

/// The leader of a session and process group of its own. The descriptors are ours, CLOEXEC and NONBLOCK.
struct Child {
    pid_t pid = -1;
    Descriptor handle;  ///< a pidfd, readable when it ended
    Descriptor output;
    Descriptor errors;
    Descriptor failure;  ///< says what went wrong before the program began

    /// SIGKILL for all of the group that is left. Only before reap() has succeeded: until then nobody else
    /// can have its number.
    void kill() const;
};

/// Starts it with `input` on its standard input (at most what a pipe holds, 64 KiB), / as its directory and
/// no other descriptor, signal setting, capability or variable of ours. It dies with this thread. Throws
/// std::system_error when there is no process or descriptor left.
Child launch(const Program& program, const std::string& input);

/// Collects a child of which `handle` is the pidfd. False: it lives.
bool reap(const Descriptor& handle);

/// How the child ended, once its pidfd is readable; does not reap it.
End end_of(const Child& child);

}  // namespace regent::plugins::exec
