// SPDX-License-Identifier: Apache-2.0
#include "agent/app/kept_configuration.hpp"

#include <fmt/format.h>
#include <fstream>
#include <system_error>

#include "agent/config/file_text.hpp"
#include "agent/platform/boot.hpp"

namespace regent::app {

namespace fs = std::filesystem;

KeptConfiguration::KeptConfiguration(const fs::path& run_dir, const fs::path& config)
    : path_(run_dir / "applied.toml"),
      first_line_(fmt::format("# boot {}: in force, of {}\n", platform::boot_id(), config.string())) {}

Result<void> KeptConfiguration::keep(std::string_view text) const {
    auto done = write(text);
    if (!done) forget();
    return done;
}

Result<void> KeptConfiguration::write(std::string_view text) const {
    auto making = path_;
    making += ".new";
    std::error_code error;
    fs::remove(making, error);
    std::ofstream file(making);
    fs::permissions(making, fs::perms::owner_read | fs::perms::owner_write, error);
    if (!file || error) return failure(fmt::format("cannot make {}", making.string()));
    file << first_line_ << text << std::flush;
    if (!file) return failure(fmt::format("cannot write {}", making.string()));
    fs::rename(making, path_, error);
    if (error) return failure(fmt::format("cannot replace {}: {}", path_.string(), error.message()));
    return {};
}

std::optional<std::string> KeptConfiguration::recall() const {
    const auto kept = config::read_text(path_);
    if (!kept || !kept->starts_with(first_line_)) return std::nullopt;
    return kept->substr(first_line_.size());
}

void KeptConfiguration::forget() const {
    std::error_code not_there;
    fs::remove(path_, not_there);
}

}  // namespace regent::app
