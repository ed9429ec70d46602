// SPDX-License-Identifier: Apache-2.0
#include "agent/app/kept_configuration.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/unit/temporary_directory.hpp"

using namespace regent;
namespace fs = std::filesystem;

namespace {

struct Bench {
    regent::test::TemporaryDirectory directory;
    fs::path run_dir = directory.path();
    fs::path file = run_dir / "applied.toml";
    app::KeptConfiguration kept{run_dir, "/etc/regent/regent.toml"};
};

}  // namespace

TEST_CASE("KeptConfiguration: what was kept last comes back, byte for byte") {
    const Bench bench;
    CHECK_FALSE(bench.kept.recall());
    REQUIRE(bench.kept.keep("[agent]\n"));
    REQUIRE(bench.kept.keep("# ä\n[agent]\nnode = \"lb1\"\n"));
    CHECK(bench.kept.recall() == "# ä\n[agent]\nnode = \"lb1\"\n");
    bench.kept.forget();
    CHECK_FALSE(bench.kept.recall());
}

TEST_CASE("KeptConfiguration: nobody else may read it, for it has passwords") {
    const Bench bench;
    std::ofstream(bench.run_dir / "applied.toml.new") << "of one that was killed in the middle";
    REQUIRE(bench.kept.keep("[agent]\n"));
    CHECK(fs::status(bench.file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(std::distance(fs::directory_iterator(bench.run_dir), fs::directory_iterator()) == 1);
}

TEST_CASE("KeptConfiguration: another boot's, and another file's, does not count") {
    const Bench bench;
    REQUIRE(bench.kept.keep("[agent]\n"));
    CHECK_FALSE(app::KeptConfiguration(bench.run_dir, "/etc/regent/other.toml").recall());
    std::stringstream text;
    text << std::ifstream(bench.file).rdbuf();
    auto of_before = text.str();
    REQUIRE(of_before.starts_with("# boot "));
    of_before.at(7) = of_before.at(7) == '0' ? '1' : '0';
    std::ofstream(bench.file) << of_before;
    CHECK_FALSE(bench.kept.recall());
}

TEST_CASE("KeptConfiguration: where it cannot be written, no older one is left to come back") {
    const Bench bench;
    REQUIRE(bench.kept.keep("[agent]\n"));
    fs::create_directories(bench.run_dir / "applied.toml.new" / "in the way");
    const auto done = bench.kept.keep("[agent]\nnode = \"lb1\"\n");
    REQUIRE_FALSE(done);
    CHECK(done.error().text == "cannot make " + (bench.run_dir / "applied.toml.new").string());
    CHECK_FALSE(bench.kept.recall());
}
