// SPDX-License-Identifier: Apache-2.0
// A keepalived.conf as a regent.toml.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/capabilities.hpp"
#include "agent/config/diagnostic.hpp"

namespace regent::config {

struct ConvertOptions {
    /// What conditional lines (`@id …`) are compared with: keepalived's option -i. Empty: the host name up to
    /// its first point, as keepalived has it.
    std::string config_id;
};

struct Converted {
    /// Nothing when the file cannot be read as a keepalived.conf at all. With an error among the diagnostics
    /// a virtual address or a check is lost in it, or load_text() refuses it; without one load_text() takes
    /// it.
    std::optional<std::string> toml;
    /// With the places of the keepalived.conf and the files it includes.
    std::vector<Diagnostic> diagnostics;
};

/// Never throws. Reads the file and what it includes, at most maximum_file_size each; the result is held
/// against what is installed, as `config check` does. Any thread.
Converted convert_file(const std::filesystem::path& path, const ConvertOptions& options = {},
                       const Capabilities& capabilities = {});

/// The same for text in memory, which can include nothing.
Converted convert_text(std::string_view text, const std::string& file_name,
                       const ConvertOptions& options = {}, const Capabilities& capabilities = {});

/// One JSON document of schema "regent.config-convert.1"; with the result as "toml" if it is asked for.
std::string to_json(const std::string& file, const Converted& converted, bool with_toml);

}  // namespace regent::config
