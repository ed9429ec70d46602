// SPDX-License-Identifier: Apache-2.0
// Whose code it is. Whoever can write the file, or replace it in its directory, decides what runs here.
#pragma once

#include <filesystem>

#include "agent/base/result.hpp"

namespace regent::plugin::host {

/// `file` without links, when it and every directory above it belong to root (or to this user, if that is not
/// root: a build tree) and nobody else can write them. A directory above its own may be writable for all if
/// it is sticky, as /tmp is.
Result<std::filesystem::path> trusted(const std::filesystem::path& file);

}  // namespace regent::plugin::host
