// SPDX-License-Identifier: Apache-2.0
// Files that are no good as files.
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include "tests/unit/config/support.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace regent::config {
namespace {

namespace fs = std::filesystem;

struct TemporaryFolder : regent::test::TemporaryDirectory {
    fs::path write(const std::string& name, const std::string& text) const {
        std::ofstream(path() / name, std::ios::binary) << text;
        return path() / name;
    }
};

Diagnostic only_error(const Loaded& loaded) {
    CHECK_FALSE(loaded.settings);
    REQUIRE(loaded.diagnostics.size() == 1);
    CHECK(loaded.diagnostics.front().severity == Diagnostic::Severity::error);
    CHECK(loaded.diagnostics.front().line == 0);
    return loaded.diagnostics.front();
}

TEST_CASE("a good file loads, and its diagnostics carry its name") {
    const TemporaryFolder folder;
    const fs::path good = folder.write("good.toml", test::instance());
    CHECK(load_file(good).settings);
    const fs::path bad = folder.write("bad.toml", test::instance("x = 1"));
    const Loaded loaded = load_file(bad);
    CHECK_FALSE(loaded.settings);
    CHECK(loaded.diagnostics.front().file == bad.string());
    CHECK(loaded.diagnostics.front().source_line == "x = 1");
}

TEST_CASE("the node is named after the host unless the file says otherwise") {
    const TemporaryFolder folder;
    std::array<char, 256> host{};
    REQUIRE(gethostname(host.data(), host.size() - 1) == 0);
    CHECK(load_file(folder.write("a.toml", "")).settings.value().node == host.data());
    CHECK(load_file(folder.write("b.toml", "[agent]\nnode = \"lb1\"")).settings.value().node == "lb1");
}

TEST_CASE("a file that cannot be read is a diagnostic") {
    const TemporaryFolder folder;
    CHECK(only_error(load_file(folder.path() / "none.toml")).message ==
          "cannot read the file: No such file or directory");
    CHECK(only_error(load_file(folder.path())).message == "it is a directory, not a file");
    CHECK(only_error(load_file("/dev/null")).message == "it is not a regular file");
    const fs::path fifo = folder.path() / "fifo";
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    CHECK(only_error(load_file(fifo)).code == "unreadable");
    CHECK(only_error(load_file("")).code == "unreadable");
}

TEST_CASE("a file for which there is no descriptor may be read another time, one that is not there not") {
    const TemporaryFolder folder;
    const fs::path good = folder.write("good.toml", "");
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const Loaded loaded = load_file(good);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(only_error(loaded).message == "cannot read the file: Too many open files");
    CHECK(loaded.may_pass);
    CHECK_FALSE(load_file(folder.path() / "none.toml").may_pass);
    CHECK_FALSE(load_file(good).may_pass);
}

/// In a thread, which gives up what lets root read everything; the others keep it.
Loaded load_without_privilege(const fs::path& path) {
    Loaded loaded;
    std::thread([&] {
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
        if (::syscall(SYS_capset, &header, none.data()) == 0) loaded = load_file(path);
    }).join();
    return loaded;
}

TEST_CASE("a file that is closed to the agent's user says to whom, for root sees no reason") {
    const TemporaryFolder folder;
    const fs::path file = folder.write("a.toml", test::instance());
    REQUIRE(::chmod(file.c_str(), 0) == 0);
    const Diagnostic error = only_error(load_without_privilege(file));
    CHECK(error.message == "cannot read the file: Permission denied");
    CHECK(error.hint ==
          fmt::format("it, or a folder above it, is closed to the user that this runs as, uid {}",
                      ::geteuid()));
}

TEST_CASE("the largest file is one mebibyte") {
    const TemporaryFolder folder;
    CHECK(load_file(folder.write("most.toml", std::string(maximum_file_size, '\n'))).settings);
    CHECK(only_error(load_file(folder.write("more.toml", std::string(maximum_file_size + 1, '\n')))).code ==
          "too_large");
}

TEST_CASE("the examples that are installed load without a diagnostic") {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(REGENT_SOURCE_DIR "/etc/examples")) {
        if (entry.path().extension() != ".toml") continue;
        ++count;
        CHECK(load_file(entry.path()).diagnostics == std::vector<Diagnostic>{});
    }
    CHECK(count >= 7);
    CHECK(test::brief(load_file(REGENT_SOURCE_DIR "/etc/regent.toml")) ==
          std::vector<std::string>{"w 0:0 no_instance"});
}

TEST_CASE("the installed file is good with all its comments taken away") {
    std::ifstream file(REGENT_SOURCE_DIR "/etc/regent.toml");
    std::string text;
    for (std::string line; std::getline(file, line);) {
        const std::size_t equals = line.find(" = ");
        const bool setting =
            line.starts_with("# [") || (line.starts_with("# ") && equals != std::string::npos &&
                                        line.find(' ', 2) <= line.find_first_of(" =", 2) &&
                                        line.substr(2, 10).find(';') == std::string::npos);
        // The two alternatives to the defaults exclude what stands above them.
        const bool alternative = line.starts_with("# auth ") || line.starts_with("# unicast_");
        text += (setting && !alternative ? line.substr(2) : line) + "\n";
    }
    const Loaded loaded = test::load(text);
    CHECK(loaded.diagnostics == std::vector<Diagnostic>{});
    REQUIRE(loaded.settings);
    core::Instance defaults;
    defaults.name = "VI_1";
    defaults.interface = "eth0";
    defaults.virtual_router_id = 51;
    defaults.priority = 101;
    defaults.lease = std::chrono::seconds(3);
    defaults.addresses = {{IpAddress::parse("192.0.2.10").value(), 32, "eth0", "", core::Scope::global, {}}};
    CHECK(loaded.settings->instances.front() == defaults);
    CHECK(loaded.settings->groups.size() == 1);
    CHECK(loaded.plan.checks.size() == 1);
    CHECK(loaded.plan.notifiers.size() == 1);
}

}  // namespace
}  // namespace regent::config
