// SPDX-License-Identifier: Apache-2.0
// The error gallery: every file of gallery/ must give exactly the text in its .expected file. With
// REGENT_UPDATE_EXPECTED=1 in the environment the expected files are rewritten, to be read before they are
// kept.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "agent/config/config.hpp"

#include "tests/unit/config/fake_plugins.hpp"

namespace regent::config {
namespace {

namespace fs = std::filesystem;

std::string read_all(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::set<fs::path> gallery() {
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(REGENT_SOURCE_DIR "/tests/unit/config/gallery")) {
        if (entry.path().extension() == ".toml") files.insert(entry.path());
    }
    return files;
}

TEST_CASE("every file of the gallery gives the approved diagnostics") {
    const bool update = std::getenv("REGENT_UPDATE_EXPECTED") != nullptr;
    REQUIRE(gallery().size() >= 20);
    for (const fs::path& path : gallery()) {
        const Loaded loaded = load_text(read_all(path), path.filename(), test::capabilities(), "host");
        const std::string shown = render(loaded.diagnostics, false);
        const fs::path approved = fs::path(path).replace_extension(".expected");
        if (update) std::ofstream(approved, std::ios::binary) << shown;
        INFO(path.filename());
        CHECK(shown == read_all(approved));
        CHECK(loaded.settings.has_value() == !has_errors(loaded.diagnostics));
    }
}

}  // namespace
}  // namespace regent::config
