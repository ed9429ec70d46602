// SPDX-License-Identifier: Apache-2.0
// A file that somebody must keep fresh: a heartbeat, a backup, an exported table. Old or absent means DOWN.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <regent/plugin.hpp>
#include <string>

namespace file_age {

namespace sdk = regent::sdk;

class FileAge {
  public:
    static constexpr std::string_view name = "file-age";
    static constexpr std::string_view summary = "whether a file was changed lately";
    static constexpr std::array params{
        sdk::Param::path("path", "the file").required(),
        sdk::Param::duration("max_age", "how old it may be").or_else("\"60s\"").between(1, INT64_MAX),
    };

    FileAge(sdk::Context context, const sdk::Values& values)
        : context_(context), path_(values.text("path")), max_age_(values.duration("max_age")) {}

    // stat() of a file on a local disk takes microseconds: it may be done here, on the loop. On NFS it may
    // hang: then derive from sdk::BlockingCheck.
    void probe(sdk::ProbeId probe, sdk::Instant) { context_.report(probe, look()); }

  private:
    sdk::Result look() const {
        std::error_code error;
        const auto changed = std::filesystem::last_write_time(path_, error);
        if (error == std::errc::no_such_file_or_directory)
            return sdk::down(sdk::Reason::not_found, path_ + " is not there");
        if (error) {
            const bool refused = error == std::errc::permission_denied;
            return sdk::unknown(refused ? sdk::Reason::permission : sdk::Reason::internal,
                                path_ + ": " + error.message(), error.value());
        }
        const std::chrono::duration<double> age = std::filesystem::file_time_type::clock::now() - changed;
        const std::string seen =
            path_ + " was changed " + std::to_string(std::lround(age.count())) + " s ago";
        if (age > max_age_) return sdk::down(sdk::Reason::timeout, seen, 0, {{"age_seconds", age.count()}});
        return sdk::up(seen, {{"age_seconds", age.count()}});
    }

    const sdk::Context context_;
    const std::string path_;
    const sdk::Duration max_age_;
};

}  // namespace file_age
