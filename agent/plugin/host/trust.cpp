// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host/trust.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/platform/system_error.hpp"

namespace regent::plugin::host {
namespace {

Result<void> check_owner(const std::filesystem::path& path, bool sticky_will_do) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0)
        return platform::system_failure(fmt::format("cannot look at {}", path.string()), errno);
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        return failure(
            fmt::format("{} belongs to user {}: plugins are loaded only from files and directories of root",
                        path.string(), status.st_uid));
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
    if (sticky_will_do && (status.st_mode & S_ISVTX) != 0) return {};
    return failure(fmt::format(
        "others than its owner can write {}: no plugin is loaded from there (chmod go-w)", path.string()));
}

}  // namespace

Result<std::filesystem::path> trusted(const std::filesystem::path& file) {
    std::error_code error;
    const auto real = std::filesystem::canonical(file, error);
    if (error) return platform::system_failure(fmt::format("cannot find {}", file.string()), error.value());
    if (!std::filesystem::is_regular_file(real, error))
        return failure(fmt::format("{} is not a file", real.string()));
    if (auto own = check_owner(real, false); !own) return tl::unexpected(own.error());
    const auto folder = real.parent_path();
    for (auto above = folder;; above = above.parent_path()) {
        if (auto own = check_owner(above, above != folder); !own) return tl::unexpected(own.error());
        if (above == above.root_path()) return real;
    }
}

}  // namespace regent::plugin::host
