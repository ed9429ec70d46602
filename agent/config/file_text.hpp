// SPDX-License-Identifier: Apache-2.0
// A configuration file as text: the one place of this folder that opens files.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>

#include "agent/config/config.hpp"

namespace regent::config {

/// Why a file is not taken, as a diagnostic has it.
struct FileProblem {
    std::string code;  ///< "unreadable" or "too_large"
    std::string text;
    std::string hint;
    bool may_pass = false;  ///< for want of descriptors or memory, of which there may be enough soon
};

/// Reads at most `limit` bytes, one more is an error. A FIFO or a device is refused before anything
/// is read from it.
tl::expected<std::string, FileProblem> read_text(const std::filesystem::path& path,
                                                 std::size_t limit = maximum_file_size);

/// The name that the kernel has for this machine; "localhost" when there is none.
std::string kernel_host_name();

}  // namespace regent::config
