// SPDX-License-Identifier: Apache-2.0
// A configuration file as text: the one place of this folder that opens files.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>

namespace regent::config {

/// Why a file is not taken, as a diagnostic has it.
struct FileProblem {
    std::string code;  ///< "unreadable" or "too_large"
    std::string text;
    std::string hint;
};

/// Reads at most maximum_file_size, one byte more is an error. A FIFO or a device is refused before anything
/// is read from it.
tl::expected<std::string, FileProblem> read_text(const std::filesystem::path& path);

/// The name that the kernel has for this machine; "localhost" when there is none.
std::string kernel_host_name();

}  // namespace regent::config
