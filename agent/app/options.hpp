// SPDX-License-Identifier: Apache-2.0
// The command line of regentd.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/app/log_sink.hpp"
#include "agent/base/result.hpp"
#include "agent/plugin/catalog.hpp"

namespace regent::app {

/// How regentd ends. regent.service tells systemd not to restart after the permanent ones (2, 5, 7).
enum class ExitCode : int {
    ok = 0,
    failure = 1,
    usage = 2,
    permission = 5,
    configuration = 7,
};

struct Options {
    std::filesystem::path config;
    std::filesystem::path run_dir = "/run/regent";
    LogTarget log = LogTarget::stderr_stream;
    plugin::Places plugins = plugin::places({}, {});
    std::optional<std::filesystem::path> record;       ///< directory of recordings
    std::uint64_t record_limit = 64ULL * 1024 * 1024;  ///< bytes of a recording
    bool realtime = true;                              ///< SCHED_RR and mlock where permitted
};

/// What to do after parsing: run with options, or print `text` and leave.
struct Command {
    std::optional<Options> run;
    std::string text;
};

/// An error is one line for stderr, exit code usage.
Result<Command> parse_options(int argc, const char* const* argv);

}  // namespace regent::app
