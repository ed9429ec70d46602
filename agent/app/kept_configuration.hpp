// SPDX-License-Identifier: Apache-2.0
// The configuration in force, kept in the run directory: who starts again after a crash must not fail because
// the file on disk has been edited meanwhile and is broken.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/config/config.hpp"
#include "agent/plugin/catalog.hpp"

namespace regent::app {

/// One thread at a time. Every call may wait for a disk.
class KeptConfiguration {
  public:
    /// Of the file `config`, in `run_dir`.
    KeptConfiguration(const std::filesystem::path& run_dir, const std::filesystem::path& config);

    /// Replaces what is kept; readable by this user alone, for it has passwords. Where it fails, what was
    /// kept before is gone too: an older one must not come back.
    Result<void> keep(std::string_view text) const;
    /// What was in force when an agent of this boot ended without a clean stop.
    std::optional<std::string> recall() const;
    /// After a clean stop the file on disk alone counts.
    void forget() const;

  private:
    Result<void> write(std::string_view text) const;

    std::filesystem::path path_;
    std::string first_line_;  ///< a comment that names this boot and the file; not part of the text
};

/// What the agent starts with.
struct Start {
    config::Loaded loaded;
    /// Of the file on disk, where it has errors and what was in force before a crash goes on in its place.
    std::vector<config::Diagnostic> refused;
};

/// Reads the file, and what is kept where that has errors.
Start load_start(const std::filesystem::path& config, plugin::Catalog& catalog,
                 const KeptConfiguration& kept);

}  // namespace regent::app
