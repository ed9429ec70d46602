// SPDX-License-Identifier: Apache-2.0
#include "agent/app/kept_configuration.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/config/config.hpp"

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

TEST_CASE("KeptConfiguration: it is closed to others from the first moment, not only once it is written") {
    const Bench bench;
    const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    REQUIRE(::inotify_add_watch(watch, bench.run_dir.c_str(), IN_CREATE | IN_ATTRIB) >= 0);
    REQUIRE(bench.kept.keep("[agent]\n"));
    alignas(inotify_event) std::array<char, 4096> events{};
    const auto size = ::read(watch, events.data(), events.size());
    ::close(watch);
    REQUIRE(size > 0);
    std::uint32_t seen = 0;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
        const auto* event = reinterpret_cast<const inotify_event*>(events.data() + at);
        seen |= event->mask;
        at += sizeof(inotify_event) + event->len;
    }
    CHECK((seen & IN_CREATE) != 0);
    CHECK((seen & IN_ATTRIB) == 0);
}

TEST_CASE("KeptConfiguration: where the disk is full, nothing is left of what was begun") {
    const Bench bench;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit little{4096, before.rlim_max};
    const auto former = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);
    const auto done = bench.kept.keep("# " + std::string(100'000, 'x') + "\n");
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, former);
    REQUIRE_FALSE(done);
    CHECK(done.error().text.ends_with("applied.toml.new: cannot write it: File too large"));
    CHECK(fs::is_empty(bench.run_dir));
}

TEST_CASE("KeptConfiguration: the largest file that there may be comes back as well") {
    const Bench bench;
    const std::string text = "#" + std::string(config::maximum_file_size - 2, 'x') + "\n";
    REQUIRE(bench.kept.keep(text));
    CHECK((bench.kept.recall() == text));  // not a megabyte of it into the log
}

TEST_CASE("KeptConfiguration: a relative name means another file in another folder") {
    const Bench bench;
    const auto folder = fs::current_path();
    REQUIRE(app::KeptConfiguration(bench.run_dir, "regent.toml").keep("[agent]\n"));
    fs::current_path(bench.run_dir);
    const auto recalled = app::KeptConfiguration(bench.run_dir, "regent.toml").recall();
    fs::current_path(folder);
    CHECK_FALSE(recalled);
    CHECK(app::KeptConfiguration(bench.run_dir, folder / "regent.toml").recall() == "[agent]\n");
}

TEST_CASE(
    "start: what was in force before a crash stands for a broken file, and each is blamed for its own") {
    const Bench bench;
    const auto file = bench.run_dir / "regent.toml";
    const app::KeptConfiguration kept(bench.run_dir, file);
    plugin::Catalog catalog({{}, "/nonexistent/regent-plugin-host", false});
    const std::string good =
        "[instance.VI_1]\ninterface = \"eth0\"\nvirtual_router_id = 1\npriority = 1\n"
        "addresses = [\"192.0.2.1\"]\n[group.SG1]\nmembers = [\"VI_1\"]\n";
    std::ofstream(file) << "[agent\n";
    CHECK_FALSE(app::load_start(file, catalog, kept).loaded.settings);
    REQUIRE(kept.keep("[agent\n"));
    CHECK_FALSE(app::load_start(file, catalog, kept).loaded.settings);
    REQUIRE(kept.keep(good));
    const auto start = app::load_start(file, catalog, kept);
    REQUIRE(start.loaded.settings);
    CHECK(start.loaded.text == good);
    REQUIRE(start.loaded.diagnostics.size() == 1);  // that a group has one member
    CHECK(start.loaded.diagnostics[0].file == file.string() + ", as it was in force");
    REQUIRE(start.refused.size() == 1);
    CHECK(start.refused[0].file == file.string());
    std::ofstream(file) << "[agent]\n";
    CHECK(app::load_start(file, catalog, kept).loaded.text == "[agent]\n");
    CHECK(app::load_start(file, catalog, kept).refused.empty());
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
    CHECK(done.error().text ==
          "cannot make " + (bench.run_dir / "applied.toml.new").string() + ": File exists");
    CHECK_FALSE(bench.kept.recall());
}
