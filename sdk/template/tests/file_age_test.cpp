// SPDX-License-Identifier: Apache-2.0
// The check on the SDK's fake host, against files of a temporary folder.
#define CATCH_CONFIG_MAIN
#include "../file_age.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <regent/testing.hpp>

using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace sdk = regent::sdk;

namespace {

struct Folder {
    Folder() {
        std::string pattern = fs::temp_directory_path() / "file-age-XXXXXX";
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~Folder() { fs::remove_all(path); }
    fs::path file(sdk::Duration age) const {
        const fs::path made = path / "heartbeat";
        std::ofstream(made) << "alive\n";
        fs::last_write_time(made, fs::file_time_type::clock::now() - age);
        return made;
    }
    fs::path path;
};

/// What one probe of `path` says.
sdk::testing::Report look(const fs::path& path) {
    sdk::testing::FakeHost host;
    auto check = host.create(sdk::check<file_age::FileAge>, {{"path", path.string()}, {"max_age", 10s}});
    check.start();
    const auto answer = check.answer(check.probe());
    REQUIRE(answer);
    CHECK(host.violations().empty());
    return *answer;
}

}  // namespace

TEST_CASE("A fresh file is up, and its age a metric") {
    const Folder folder;
    const auto answer = look(folder.file(2s));
    CHECK(answer.state == sdk::State::up);
    REQUIRE(answer.metrics.size() == 1);
    CHECK(answer.metrics[0].value >= 2);
}

TEST_CASE("An old file is down") {
    const Folder folder;
    CHECK(look(folder.file(11s)).state == sdk::State::down);
}

TEST_CASE("No file is down, a folder that cannot be read is no verdict") {
    const Folder folder;
    CHECK(look(folder.path / "absent").reason == sdk::Reason::not_found);
    CHECK(look(folder.file(0s) / "inside").state == sdk::State::unknown);
}

TEST_CASE("Parameters that make no sense are refused") {
    sdk::testing::FakeHost host;
    CHECK_THROWS_WITH(host.create(sdk::check<file_age::FileAge>), "is required");
    CHECK_THROWS_WITH(host.create(sdk::check<file_age::FileAge>, {{"path", "heartbeat"}}),
                      "is no absolute path");
    CHECK_THROWS_WITH(host.create(sdk::check<file_age::FileAge>, {{"path", "/f"}, {"max_age", 0s}}),
                      "is out of range");
}
