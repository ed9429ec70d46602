// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/state_file.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/temporary_directory.hpp"

using namespace regent;
using namespace regent::platform;
using core::Memory;
using regent::test::TemporaryDirectory;
using namespace std::chrono_literals;

namespace {

Memory memory_of(std::uint8_t vrid, bool master) {
    Memory memory;
    Memory::Router router;
    router.key = {"eth0", Family::ipv4, vrid};
    router.addresses = {{"eth0", *IpAddress::parse("192.0.2.10"), 32}};
    router.master = master;
    router.last_advert = Instant(5s);
    memory.routers = {router};
    memory.maintenance = "new disk";
    return memory;
}

StateFile opened(const TemporaryDirectory& directory) {
    auto file = StateFile::open(directory.path());
    if (!file) FAIL(file.error().text);
    return std::move(*file);
}

std::string read_all(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_all(const std::filesystem::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::in) << content;
}

}  // namespace

TEST_CASE("state file: nothing is remembered at first, then the last that was told") {
    const TemporaryDirectory directory;
    CHECK_FALSE(opened(directory).recall());
    {
        auto file = opened(directory);
        REQUIRE(file.remember(memory_of(51, true)));
        REQUIRE(file.remember(memory_of(52, true)));
        REQUIRE(file.remember(memory_of(53, false)));
    }
    const auto recalled = opened(directory).recall();
    REQUIRE(recalled);
    CHECK(*recalled == memory_of(53, false));
}

TEST_CASE("state file: an advert counts for what was remembered before it, and never for what comes later") {
    const TemporaryDirectory directory;
    auto file = opened(directory);
    REQUIRE(file.remember(memory_of(51, true)));
    file.record_advert(0, Instant(7s));
    CHECK(opened(directory).recall()->routers[0].last_advert == Instant(7s));
    REQUIRE(file.remember(memory_of(52, true)));
    CHECK(opened(directory).recall()->routers[0].last_advert == Instant(5s));
    file.record_advert(StateFile::slots, Instant(9s));  // beyond the table
    CHECK(opened(directory).recall()->routers[0].last_advert == Instant(5s));
}

TEST_CASE("state file: killed at any moment it holds the old or the new") {
    const TemporaryDirectory directory;
    opened(directory).remember(memory_of(51, true));
    const pid_t child = ::fork();
    if (child == 0) {
        auto file = StateFile::open(directory.path());
        for (std::uint8_t vrid = 1;; vrid = static_cast<std::uint8_t>(vrid % 200 + 1)) {
            auto memory = memory_of(vrid, true);
            memory.routers.resize(1U + vrid, memory.routers[0]);
            (void)file->remember(memory);
            file->record_advert(0, Instant(Duration(vrid)));
        }
    }
    for (unsigned reads = 0; reads < 200; ++reads) {
        const auto recalled = StateFile::open(directory.path())->recall();
        // A reader beside the writer may catch a document between its turns, never a wrong one.
        if (recalled && recalled->routers.size() > 1)
            CHECK(recalled->routers.size() == 1U + recalled->routers[0].key.virtual_router_id);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto recalled = opened(directory).recall();
    REQUIRE(recalled);
    CHECK(recalled->routers.size() == 1U + recalled->routers[0].key.virtual_router_id);
}

TEST_CASE("state file: what is damaged, cut short or of another boot is not believed") {
    const TemporaryDirectory directory;
    opened(directory).remember(memory_of(51, true));
    const auto path = directory.path() / "state";
    const std::string good = read_all(path);

    SECTION("another boot") {
        std::string other = good;
        other[8] = other[8] == '0' ? '1' : '0';
        write_all(path, other);
    }
    SECTION("cut short") {
        std::filesystem::resize_file(path, good.size() / 2);
    }
    SECTION("empty") {
        std::filesystem::resize_file(path, 0);
    }
    SECTION("a hole instead of the content") {
        std::filesystem::remove(path);
        write_all(path, "");
        std::ofstream(path).close();
        std::filesystem::resize_file(path, good.size());
    }
    SECTION("a link to somewhere else") {
        std::filesystem::rename(path, directory.path() / "elsewhere");
        std::filesystem::create_symlink("elsewhere", path);
    }
    auto file = StateFile::open(directory.path());
    REQUIRE(file);
    CHECK_FALSE(file->recall());
    REQUIRE(file->remember(memory_of(52, true)));
    CHECK(*opened(directory).recall() == memory_of(52, true));
}

TEST_CASE("state file: random damage never crashes the reader") {
    const TemporaryDirectory directory;
    opened(directory).remember(memory_of(51, true));
    const auto path = directory.path() / "state";
    const std::string good = read_all(path);
    std::mt19937 random(7);
    for (unsigned round = 0; round < 300; ++round) {
        std::string bad = good;
        for (unsigned flips = 1 + random() % 8; flips > 0; --flips)
            bad[random() % 2 == 0 ? random() % 256 : random() % bad.size()] ^=
                static_cast<char>(1U << random() % 8);
        write_all(path, bad);
        const auto file = StateFile::open(directory.path());
        REQUIRE(file);
        const auto recalled = file->recall();
        if (recalled && recalled->routers.size() == 1)
            CHECK(recalled->routers[0].key.virtual_router_id == 51);
        std::filesystem::remove(path);
        write_all(path, "");
        std::ofstream(path, std::ios::binary) << good;
    }
}

TEST_CASE("state file: where it cannot be made the reason is told") {
    const TemporaryDirectory directory;
    const auto missing = StateFile::open(directory.path() / "missing");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().text.find("No such file or directory") != std::string::npos);
}

TEST_CASE("state file: more than it holds is an error, and what was remembered before is forgotten") {
    const TemporaryDirectory directory;
    auto file = opened(directory);
    REQUIRE(file.remember(memory_of(51, true)));
    auto large = memory_of(52, true);
    large.routers[0].addresses.resize(40'000, {"a-long-device-", *IpAddress::parse("2001:db8::1"), 128});
    CHECK_FALSE(file.remember(large));
    CHECK(*opened(directory).recall() == Memory{});
}

TEST_CASE("state file: one that is whole in the place of the other is not taken for it") {
    constexpr std::size_t documents = 56;  // behind magic, boot id, version and network namespace
    constexpr std::size_t document = 16 + StateFile::document_capacity;
    const TemporaryDirectory directory;
    REQUIRE(opened(directory).remember(memory_of(51, true)));
    const auto path = directory.path() / "state";
    auto content = read_all(path);
    const auto second = content.substr(documents + document, document);
    REQUIRE(second.substr(0, 8) == std::string("\1\0\0\0\0\0\0\0", 8));
    content.replace(documents, document, second);
    content.replace(content.find("eth0", documents + document), 4, "eth9");
    write_all(path, content);
    CHECK_FALSE(opened(directory).recall());
}

TEST_CASE("state file: an advert of before the clock began is none") {
    const TemporaryDirectory directory;
    auto file = opened(directory);
    auto memory = memory_of(51, true);
    memory.routers[0].last_advert.reset();
    REQUIRE(file.remember(memory));
    file.record_advert(0, Instant::min());
    CHECK_FALSE(opened(directory).recall()->routers[0].last_advert);
}
