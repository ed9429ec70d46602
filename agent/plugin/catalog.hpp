// SPDX-License-Identifier: Apache-2.0
// Which plugins are installed and what they offer. Nothing of them runs in this process: each is described,
// and judges values, in a regent-plugin-host of its own (which also refuses files that others than root could
// have written: host/trust.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <sys/types.h>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/config/capabilities.hpp"

namespace regent::plugin {

/// How many plugins of a directory are looked at.
constexpr std::size_t maximum_plugins = 256;

/// Where plugins are, and the program that loads them.
struct Places {
    std::vector<std::filesystem::path> directories;
    std::filesystem::path host;
    bool must_exist = false;  ///< the directories: a person named them
};

/// The installed ones, unless the command line names others: `directory` (--plugin-dir) replaces all
/// directories, and a regent-plugin-host in its sibling `bin` is taken, so that a build tree works; `host`
/// (--plugin-host) goes before that.
Places places(const std::optional<std::filesystem::path>& directory,
              const std::optional<std::filesystem::path>& host);

/// Not thread-safe. Blocks for as long as the slowest plugin takes, at most `time_limit` for each eight.
class Catalog {
  public:
    explicit Catalog(Places places, Duration time_limit = std::chrono::seconds(2))
        : places_(std::move(places)), time_limit_(time_limit) {}

    /// Reads the directories, and describes what is new or changed since the last call. Plugins are in the
    /// order of the directories, then of their names.
    config::Installed scan();

    /// One process for each plugin. Candidates must come from scan().
    config::Verdicts validate(const std::vector<config::Candidate>& candidates) const;

    /// scan() and validate() for load_file(). Valid as long as the catalogue.
    config::Capabilities capabilities();

    /// Whether a description is missing for want of time alone: what depends on it may be right all the same.
    bool late() const { return late_; }

    const std::filesystem::path& host() const { return places_.host; }

  private:
    /// What must be the same for a description to be still true.
    struct Stamp {
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        std::int64_t changed = 0;

        auto operator<=>(const Stamp&) const = default;
    };
    struct Known {
        Stamp stamp;
        config::Plugin plugin;
    };

    static std::optional<Stamp> stamp_of(const std::filesystem::path& file);
    std::vector<std::filesystem::path> find_files(config::Installed& installed) const;
    void describe(const std::vector<std::filesystem::path>& files, config::Installed& installed);

    Places places_;
    Duration time_limit_;
    bool late_ = false;
    std::map<std::filesystem::path, Known> known_;
};

}  // namespace regent::plugin
