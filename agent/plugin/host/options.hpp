// SPDX-License-Identifier: Apache-2.0
// The command line of regent-plugin-host. It is written by regentd and regentctl, not by people.
#pragma once

#include <cstdint>
#include <filesystem>
#include <sys/types.h>

#include "agent/base/result.hpp"

namespace regent::plugin::host {

enum class Mode : std::uint8_t { run, describe, validate };

struct Options {
    Mode mode = Mode::run;
    std::filesystem::path plugin;
    int socket = -1;   ///< of the agent; only to run
    pid_t parent = 0;  ///< that must still be there; 0: any
    bool keep_net_raw = false;
    bool keep_setuid = false;
};

Result<Options> read_options(int count, const char* const* words);

}  // namespace regent::plugin::host
