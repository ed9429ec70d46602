// SPDX-License-Identifier: Apache-2.0
// The configuration as the rest of the agent sees it: a file goes in, settings or a list of what is wrong
// come out. Nothing of the TOML library shows here, so that only this folder depends on it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/capabilities.hpp"
#include "agent/config/diagnostic.hpp"
#include "agent/config/plan.hpp"
#include "agent/core/settings.hpp"

namespace regent::config {

/// The largest file that is read, in bytes.
constexpr std::size_t maximum_file_size = 1U << 20;

struct Loaded {
    /// Set exactly when no diagnostic is an error. Every default is filled in.
    std::optional<core::Settings> settings;
    /// What belongs to the settings; empty without them.
    Plan plan;
    /// SHA-256 of the file's text in hex, as sha256sum(1) prints it; empty without settings.
    std::string hash;
    /// The text itself; empty without settings.
    std::string text;
    /// In the order of the file.
    std::vector<Diagnostic> diagnostics;
    /// The file could not be read for want of descriptors or memory: it may be right.
    bool may_pass = false;
    /// What was installed, when the file has a check or a notifier: the schemas of the plan.
    std::vector<Plugin> plugins;
};

/// Reads and judges a configuration file. Never throws: a file that is missing, unreadable, not a regular
/// file or larger than maximum_file_size is a diagnostic too. `agent.node` defaults to the host name. Any
/// thread.
Loaded load_file(const std::filesystem::path& path, const Capabilities& capabilities = {});

/// The same for text that is already in memory; `file_name` is what the diagnostics call it. `host_name` is
/// the default of `agent.node`; empty means the host name of the kernel.
Loaded load_text(std::string_view text, const std::string& file_name, const Capabilities& capabilities = {},
                 const std::string& host_name = {});

/// The same hash of a file as it is now; none where it cannot be read. Any thread.
std::optional<std::string> hash_of_file(const std::filesystem::path& path);

/// What is wrong with the schema itself: a default that it does not allow. Empty: nothing.
std::string schema_flaw(const PluginType& type);

enum class Secrets : bool { hide, show };

/// The effective configuration as TOML with every default written out. With Secrets::show, load_text() of the
/// result gives equal settings and an equal plan; with Secrets::hide each secret is "***", which load_text()
/// refuses. `plugins` are those of the plan: what it uses must be among them.
std::string dump(const core::Settings& settings, const Plan& plan, const std::vector<Plugin>& plugins,
                 Secrets secrets);

}  // namespace regent::config
