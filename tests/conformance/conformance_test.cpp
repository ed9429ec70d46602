// SPDX-License-Identifier: Apache-2.0
// Every case must give exactly what stands in its expect.jsonl. With REGENT_UPDATE_EXPECTED=1 in the
// environment the expected files are rewritten, to be read before they are kept.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/conformance/play.hpp"

namespace regent::conformance {
namespace {

namespace fs = std::filesystem;

std::set<fs::path> cases() {
    std::set<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(REGENT_SOURCE_DIR "/tests/conformance"))
        if (entry.path().filename() == "input.jsonl") found.insert(entry.path().parent_path());
    return found;
}

std::string read_all(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST_CASE("every case gives what is expected of it") {
    REQUIRE(cases().size() >= 50);
    for (const auto& directory : cases()) {
        INFO(fs::relative(directory, REGENT_SOURCE_DIR).string());
        const auto expected = directory / "expect.jsonl";
        const auto seen = play(directory);
        if (std::getenv("REGENT_UPDATE_EXPECTED") != nullptr)
            std::ofstream(expected, std::ios::binary) << seen;
        CHECK(seen == read_all(expected));
    }
}

TEST_CASE("docs/rfc9568.md names every case of the RFC, and no other") {
    const auto text = read_all(REGENT_SOURCE_DIR "/docs/rfc9568.md");
    const std::regex name("`([0-9][0-9.]*-[a-z0-9-]+)`");
    std::set<std::string> named;
    for (std::sregex_iterator match(text.begin(), text.end(), name), end; match != end; ++match)
        named.insert((*match)[1]);
    std::set<std::string> present;
    for (const auto& directory : cases())
        if (directory.parent_path().filename() == "rfc9568") present.insert(directory.filename());
    CHECK(named == present);
}

}  // namespace
}  // namespace regent::conformance
