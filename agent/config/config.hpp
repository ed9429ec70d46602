// SPDX-License-Identifier: Apache-2.0
// The configuration as the rest of the agent sees it: a file goes in, settings or a list of what is wrong
// come out. Nothing of the TOML library shows here, so that only this folder depends on it.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/diagnostic.hpp"
#include "agent/core/settings.hpp"

namespace regent::config {

/// The largest file that is read, in bytes.
constexpr std::size_t maximum_file_size = 1U << 20;

/// What the installation offers beyond the agent itself.
struct Capabilities {
    std::set<std::string> check_types;  ///< values that `type` of a check may have
};

struct Loaded {
    /// Set exactly when no diagnostic is an error. Every default is filled in.
    std::optional<core::Settings> settings;
    /// In the order of the file.
    std::vector<Diagnostic> diagnostics;
};

/// Reads and judges a configuration file. Never throws: a file that is missing, unreadable, not a regular
/// file or larger than maximum_file_size is a diagnostic too. `agent.node` defaults to the host name. Any
/// thread.
Loaded load_file(const std::filesystem::path& path, const Capabilities& capabilities = {});

/// The same for text that is already in memory; `file_name` is what the diagnostics call it. `host_name` is
/// the default of `agent.node`; empty means the host name of the kernel.
Loaded load_text(std::string_view text, const std::string& file_name, const Capabilities& capabilities = {},
                 const std::string& host_name = {});

enum class Secrets : bool { hide, show };

/// The effective configuration as TOML with every default written out. With Secrets::show, load_text() of the
/// result gives equal settings; with Secrets::hide a password is "***", which load_text() refuses.
std::string dump(const core::Settings& settings, Secrets secrets);

}  // namespace regent::config
