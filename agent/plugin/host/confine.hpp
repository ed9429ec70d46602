// SPDX-License-Identifier: Apache-2.0
// What this process gives up before it looks at foreign code (capabilities(7), prctl(2)).
#pragma once

#include <optional>
#include <sys/types.h>

#include "agent/base/result.hpp"

namespace regent::plugin::host {

struct Confinement {
    bool keep_net_raw = false;  ///< CAP_NET_RAW, if it is there
    bool keep_setuid = false;   ///< CAP_SETUID, CAP_SETGID, CAP_KILL, if they are there
    bool own_session = false;   ///< so that no signal of a terminal comes here
    pid_t parent = 0;           ///< that must be the parent still; 0: any
    int keep = -1;              ///< the one descriptor that stays open besides stderr; -1: none
};

/// Standard input and output from and to nowhere, no other descriptor, no capability but the wanted ones, no
/// way to new ones unless keep_setuid, killed when the thread that started this process ends, not scheduled
/// before others nor allowed to be, not spared when memory runs out, signals as by default but for SIGPIPE,
/// which is ignored. While there is one thread only.
Result<void> confine(const Confinement& wanted);

}  // namespace regent::plugin::host
