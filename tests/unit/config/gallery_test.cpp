// SPDX-License-Identifier: Apache-2.0
// The error gallery: every file of gallery/ must give exactly the text in its .expected file. With
// REGENT_UPDATE_EXPECTED=1 in the environment the expected files are rewritten, to be read before they are
// kept.
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "agent/config/config.hpp"

#include "tests/unit/config/approved.hpp"
#include "tests/unit/config/fake_plugins.hpp"

namespace regent::config {
namespace {

namespace fs = std::filesystem;

using test::check_approved;
using test::read_all;

std::set<fs::path> gallery() {
    return test::gallery("gallery", ".toml");
}

TEST_CASE("every file of the gallery gives the approved diagnostics") {
    REQUIRE(gallery().size() >= 20);
    for (const fs::path& path : gallery()) {
        const Loaded loaded = load_text(read_all(path), path.filename(), test::capabilities(), "host");
        const std::string shown = render(loaded.diagnostics, false);
        INFO(path.filename());
        check_approved(path, shown);
        CHECK(loaded.settings.has_value() == !has_errors(loaded.diagnostics));
    }
}

}  // namespace
}  // namespace regent::config
