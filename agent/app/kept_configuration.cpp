// SPDX-License-Identifier: Apache-2.0
#include "agent/app/kept_configuration.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>

#include "agent/config/config.hpp"
#include "agent/config/file_text.hpp"
#include "agent/config/source_text.hpp"
#include "agent/platform/boot.hpp"
#include "agent/platform/descriptor.hpp"
#include "agent/platform/system_error.hpp"

namespace regent::app {

namespace fs = std::filesystem;
namespace {

/// The same file from wherever the agent is started.
std::string name_of(const fs::path& config) {
    std::error_code error;
    const auto path = fs::absolute(config, error);
    return (error ? config : path).string();
}

Result<void> write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t size = ::write(file, text.data(), text.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return platform::system_failure("cannot write it", errno);
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    return {};
}

}  // namespace

KeptConfiguration::KeptConfiguration(const fs::path& run_dir, const fs::path& config)
    : path_(run_dir / "applied.toml"),
      first_line_(fmt::format("# boot {}: in force, of {}\n", platform::boot_id(), name_of(config))) {}

Result<void> KeptConfiguration::keep(std::string_view text) const {
    auto done = write(text);
    if (!done) forget();
    return done;
}

Result<void> KeptConfiguration::write(std::string_view text) const {
    auto making = path_;
    making += ".new";
    ::unlink(making.c_str());
    // Closed to others from the first moment, and nobody's link is followed: what is written has passwords.
    const platform::Descriptor file(
        ::open(making.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) {
        const int code = errno;
        return platform::system_failure("cannot make " + making.string(), code);
    }
    auto done = write_all(file.get(), first_line_);
    if (done) done = write_all(file.get(), text);
    if (done && ::rename(making.c_str(), path_.c_str()) != 0)
        done = platform::system_failure("cannot put it in place", errno);
    if (done) return done;
    ::unlink(making.c_str());
    return failure(fmt::format("{}: {}", making.string(), done.error().text), done.error().code);
}

std::optional<std::string> KeptConfiguration::recall() const {
    const auto kept = config::read_text(path_, first_line_.size() + config::maximum_file_size);
    if (!kept || !kept->starts_with(first_line_)) return std::nullopt;
    return kept->substr(first_line_.size());
}

void KeptConfiguration::forget() const {
    std::error_code not_there;
    fs::remove(path_, not_there);
}

Start load_start(const fs::path& config, plugin::Catalog& catalog, const KeptConfiguration& kept) {
    Start start{config::load_file(config, catalog.capabilities()), {}};
    if (start.loaded.settings || catalog.late()) return start;
    const auto text = kept.recall();
    if (!text) return start;
    // Its lines are not those of the file that there is now.
    const auto name = config::printable(config.string()) + ", as it was in force";
    auto before = config::load_text(*text, name, catalog.capabilities());
    if (!before.settings) return start;
    return {std::move(before), std::move(start.loaded.diagnostics)};
}

}  // namespace regent::app
