// SPDX-License-Identifier: Apache-2.0
// The command line of regent-plugin-check.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.hpp"

namespace regent::plugin_check {

/// What --param gives: `TYPE.NAME=VALUE` or `NAME=VALUE`, which is meant for every type that has it.
struct GivenParam {
    std::string type;  ///< empty: any
    std::string name;
    std::string value;  ///< as it stands in TOML, or a text without its quotes
};

struct Options {
    enum class Mode : std::uint8_t { check, list, help, version };
    Mode mode = Mode::check;
    std::filesystem::path plugin;
    std::string filter;  ///< a regular expression; empty: every test
    std::vector<GivenParam> params;
    std::filesystem::path truth;
    std::uint64_t seed = 0;
    std::chrono::milliseconds time_limit{10'000};  ///< of one test
    bool json = false;
    bool in_process = false;
};

/// The error is one line.
Result<Options> read_options(int count, const char* const* words);

/// What --help prints.
std::string usage();

}  // namespace regent::plugin_check
