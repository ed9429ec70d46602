// SPDX-License-Identifier: Apache-2.0
// The command line of a script: what it would run, and whether regent has a check of its own for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/keepalived/model.hpp"

namespace regent::config::keepalived {

/// A type of check and its parameters, in TOML.
struct NativeCheck {
    std::string type;
    std::vector<std::pair<std::string, std::string>> parameters;
};

/// The native check for `killall -0 NAME`, `pidof NAME`, `pgrep -x NAME`, `</dev/tcp/HOST/PORT` and
/// `nc -z HOST PORT`; nothing for anything else.
std::optional<NativeCheck> native_check(const std::vector<std::string>& command);

/// Whether keepalived would hand the command to a shell, because its first word is no program: it is one of
/// the shell's own words, or has characters that mean something to a shell.
bool is_shell_text(const std::vector<std::string>& command);

/// Whether a word is one that a shell would act upon, as `||`, `>` or `2>&1`.
bool has_shell_operator(const std::vector<std::string>& command);

/// Whether regent can run it: a program by its absolute path, or by its name alone.
bool is_runnable(const std::string& program);

/// The command as a list in TOML. A program without a folder is found by env in the PATH of exec.
std::string command_toml(const std::vector<std::string>& command);

/// The same for a text that a shell reads.
std::string shell_toml(const std::string& text);

}  // namespace regent::config::keepalived
