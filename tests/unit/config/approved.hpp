// SPDX-License-Identifier: Apache-2.0
// Files of a gallery, each beside the text that was approved for it. With REGENT_UPDATE_EXPECTED=1 in the
// environment the approved texts are rewritten, to be read before they are kept.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace regent::config::test {

inline std::string read_all(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The files of a folder of tests/unit/config that end so.
inline std::set<std::filesystem::path> gallery(const std::string& folder, const std::string& extension) {
    std::set<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(REGENT_SOURCE_DIR "/tests/unit/config/" + folder)) {
        if (entry.path().extension() == extension) files.insert(entry.path());
    }
    return files;
}

/// `shown` must be what stands in the .expected file beside `path`.
inline void check_approved(const std::filesystem::path& path, const std::string& shown) {
    const auto approved = std::filesystem::path(path).replace_extension(".expected");
    if (std::getenv("REGENT_UPDATE_EXPECTED") != nullptr) std::ofstream(approved, std::ios::binary) << shown;
    CHECK(shown == read_all(approved));
}

}  // namespace regent::config::test
