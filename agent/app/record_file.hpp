// SPDX-License-Identifier: Apache-2.0
// The files of recordings in a directory: that of this run, and those of some runs before it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/platform/descriptor.hpp"

namespace regent::app {

/// Readable by its owner alone: settings have passwords in them.
class RecordFile {
  public:
    /// Runs that are kept beside this one, as record.1.jsonl, the newest, and so on.
    static constexpr unsigned kept = 3;

    /// Makes record.jsonl in `directory`, and the directory where it is missing. What was there is renamed,
    /// the oldest one is deleted.
    static Result<RecordFile> create(const std::filesystem::path& directory);

    /// Writes all of it, or fails and leaves the file as it was, as far as the file system lets.
    Result<void> append(std::string_view lines);

    /// Bytes.
    std::uint64_t size() const { return size_; }
    const std::string& path() const { return path_; }

  private:
    RecordFile(platform::Descriptor file, std::string path)
        : file_(std::move(file)), path_(std::move(path)) {}

    platform::Descriptor file_;
    std::string path_;
    std::uint64_t size_ = 0;
};

}  // namespace regent::app
