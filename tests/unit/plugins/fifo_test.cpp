// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/fifo/fifo_notifier.hpp"
#include "regent/testing.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace std::chrono_literals;
using namespace regent;
using namespace regent::sdk;
using plugins::Descriptor;
using plugins::fifo::FifoNotifier;
using sdk::testing::Ack;
using sdk::testing::FakeHost;
using sdk::testing::Refused;
using sdk::testing::Settings;

namespace {

/// A folder of its own, a notifier on a pipe in it, and readers.
struct Bench {
    test::TemporaryDirectory directory;
    std::string path;
    FakeHost host;
    sdk::testing::Instance notifier;

    explicit Bench(const Settings& more = {}) : path(directory.path() / "events"), notifier(made(more)) {
        std::signal(SIGPIPE, SIG_IGN);  // as regent-plugin-host has it
        notifier.start();
    }
    ~Bench() {
        notifier.destroy();
        CHECK(host.violations() == std::vector<std::string>{});
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    sdk::testing::Instance made(Settings settings) {
        settings.push_back({"path", path});
        return host.create(sdk::notifier<FifoNotifier>, settings);
    }

    Descriptor reader() const { return Descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)); }
    /// A reader that the notifier has seen.
    Descriptor seen_reader() {
        Descriptor made = reader();
        REQUIRE(made);
        host.advance(100ms);
        return made;
    }

    std::uint64_t tell(const std::string& name, const std::string& state,
                       EventKind kind = EventKind::instance) {
        Event event;
        event.kind = kind;
        event.name = name;
        event.new_state = state;
        event.priority = 100;
        return notifier.notify(event);
    }
    std::optional<Ack> ack(std::uint64_t id) const {
        for (const Ack& given : notifier.acks())
            if (given.event_id == id) return given;
        return std::nullopt;
    }
};

std::string read_all(const Descriptor& from) {
    std::string text;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::read(from.get(), buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(size));
    return text;
}

}  // namespace

TEST_CASE("fifo notifier: lines as keepalived writes them") {
    Bench bench;
    const Descriptor reader = bench.seen_reader();
    for (const auto* state : {"master", "backup", "fault", "stop"}) {
        const auto told = bench.ack(bench.tell("VI_1", state));
        REQUIRE(told);
        CHECK(told->delivered);
    }
    bench.tell("G1", "fault", EventKind::group);
    CHECK(read_all(reader) ==
          "INSTANCE \"VI_1\" MASTER 100\nINSTANCE \"VI_1\" BACKUP 100\nINSTANCE \"VI_1\" FAULT 100\n"
          "INSTANCE \"VI_1\" STOP 100\nGROUP \"G1\" FAULT 0\n");
    CHECK(bench.ack(bench.tell("", "", EventKind::test))->delivered);
    CHECK(read_all(reader).empty());
}

TEST_CASE("fifo notifier: what nobody reads is lost, counted, and made good by the states") {
    Bench bench;
    const auto lost = bench.ack(bench.tell("VI_1", "backup"));
    REQUIRE(lost);
    CHECK_FALSE(lost->delivered);
    CHECK(lost->text == "nobody reads " + bench.path);
    bench.tell("VI_1", "master");
    bench.tell("VI_2", "master");
    CHECK(bench.notifier.describe() == R"({"lost":3,"owed":2,"reader":false})");
    const Descriptor reader = bench.seen_reader();
    CHECK(read_all(reader) == "INSTANCE \"VI_1\" MASTER 100\nINSTANCE \"VI_2\" MASTER 100\n");
    CHECK(bench.notifier.describe() == R"({"lost":3,"owed":0,"reader":true})");
    REQUIRE(bench.notifier.logs().size() == 1);
    CHECK(bench.notifier.logs().front().text ==
          bench.path + ": read again; 3 events were lost, the current states are repeated");
}

TEST_CASE("fifo notifier: a reader that goes is noticed at once, the next is told the states") {
    Bench bench;
    {
        const Descriptor first = bench.seen_reader();
        bench.tell("VI_1", "master");
    }
    REQUIRE(bench.host.run_until(
        [&] { return bench.notifier.describe().find("\"reader\":false") != std::string::npos; }));
    const Descriptor second = bench.seen_reader();
    CHECK(read_all(second) == "INSTANCE \"VI_1\" MASTER 100\n");
}

TEST_CASE("fifo notifier: the end of a reader that only the write sees") {
    Bench bench;
    { const Descriptor first = bench.seen_reader(); }
    const auto lost = bench.ack(bench.tell("VI_1", "master"));
    REQUIRE(lost);
    CHECK_FALSE(lost->delivered);
    CHECK(lost->text == "nobody reads " + bench.path + " any more");
}

TEST_CASE(
    "fifo notifier: a full pipe holds the event until its time is over, the last state comes in the end") {
    Bench bench;
    const Descriptor reader = bench.seen_reader();
    REQUIRE(::fcntl(reader.get(), F_SETPIPE_SZ, 4096) == 4096);
    const std::string name(200, 'x');
    std::uint64_t id = 0;
    std::size_t lines = 0;
    while (bench.ack(id = bench.tell(name, lines % 2 == 0 ? "master" : "backup"))) {
        REQUIRE(++lines < 4096 / 200);
    }
    SECTION("read in time") {
        CHECK(read_all(reader).size() == lines * (std::string("INSTANCE \"\" MASTER 100\n").size() + 200));
        REQUIRE(bench.host.run_until([&] { return bench.ack(id).has_value(); }));
        CHECK(bench.ack(id)->delivered);
        CHECK(read_all(reader).size() == std::string("INSTANCE \"\" MASTER 100\n").size() + 200);
    }
    SECTION("not read in time") {
        bench.host.advance(5s);
        CHECK(bench.notifier.describe() == R"({"lost":1,"owed":1,"reader":true})");
        read_all(reader);
        REQUIRE(bench.host.run_until(
            [&] { return bench.notifier.describe().find("\"owed\":0") != std::string::npos; }));
        CHECK(read_all(reader).starts_with("INSTANCE \"" + name + "\" "));
    }
}

TEST_CASE("fifo notifier: a pipe that is removed is made again") {
    Bench bench;
    const Descriptor first = bench.seen_reader();
    bench.tell("VI_1", "backup");
    REQUIRE(std::filesystem::remove(bench.path));
    CHECK_FALSE(bench.ack(bench.tell("VI_1", "master"))->delivered);
    const Descriptor second = bench.seen_reader();
    CHECK(read_all(second) == "INSTANCE \"VI_1\" MASTER 100\n");
}

TEST_CASE("fifo notifier: what was deleted is told once") {
    Bench bench;
    bench.tell("VI_1", "deleted");
    {
        const Descriptor first = bench.seen_reader();
        CHECK(read_all(first) == "INSTANCE \"VI_1\" DELETED 100\n");
    }
    bench.host.poll_once(1000ms);
    CHECK(read_all(bench.seen_reader()).empty());
}

TEST_CASE("fifo notifier: the mode is set, and never on a pipe of others") {
    const Bench bench(Settings{{"mode", "0622"}});
    CHECK((std::filesystem::status(bench.path).permissions() & std::filesystem::perms::mask) ==
          static_cast<std::filesystem::perms>(0622));
    const Bench usual;
    REQUIRE(std::filesystem::remove(usual.path));
    REQUIRE(::mkfifo(usual.path.c_str(), 0600) == 0);
    const Descriptor reader = usual.reader();
    CHECK((std::filesystem::status(usual.path).permissions() & std::filesystem::perms::mask) ==
          static_cast<std::filesystem::perms>(0600));
}

TEST_CASE("fifo notifier: whoever owns the folder cannot have the mode of another file set") {
    const Bench bench;
    const auto mode = [](const std::string& path) {
        struct stat found {};
        REQUIRE(::stat(path.c_str(), &found) == 0);
        return found.st_mode & 07777U;
    };
    const std::string victim = bench.directory.path() / "victim";
    const std::string other = bench.directory.path() / "other";
    std::ofstream(victim) << "secret";
    REQUIRE(::chmod(victim.c_str(), 0600) == 0);
    REQUIRE(::mkfifo(other.c_str(), 0600) == 0);
    // What may stand in the place of the pipe just after it was made.
    const std::string swapped = bench.directory.path() / "swapped";
    const auto refused = [&](const auto& put_there, const std::string& target) {
        put_there(target, swapped);
        CHECK(plugins::fifo::set_mode(swapped, 0666) == EEXIST);
        CHECK(mode(target) == 0600);
        REQUIRE(std::filesystem::remove(swapped));
    };
    const auto soft = [](const auto& target, const auto& name) {
        std::filesystem::create_symlink(target, name);
    };
    const auto hard = [](const auto& target, const auto& name) {
        std::filesystem::create_hard_link(target, name);
    };
    refused(soft, victim);
    refused(hard, victim);
    refused(soft, other);
    refused(hard, other);
    CHECK(plugins::fifo::set_mode(swapped, 0666) == ENOENT);
    CHECK(plugins::fifo::set_mode(other, 0622) == 0);
    CHECK(mode(other) == 0622);
}

TEST_CASE("fifo notifier: what cannot be a pipe is said once, and taken when it can be") {
    Bench bench;
    REQUIRE(std::filesystem::remove(bench.path));
    std::ofstream(bench.path) << "something else";
    const std::string complaint =
        bench.path + " is something else than a named pipe; remove it or choose another path";
    CHECK(bench.ack(bench.tell("VI_1", "master"))->text == complaint);
    bench.host.advance(1s);
    REQUIRE(bench.notifier.logs().size() == 1);
    CHECK(bench.notifier.logs().front().text == complaint);
    REQUIRE(std::filesystem::remove(bench.path));
    bench.host.advance(100ms);
    CHECK(read_all(bench.seen_reader()) == "INSTANCE \"VI_1\" MASTER 100\n");
    CHECK(std::filesystem::remove(bench.path));
    CHECK(std::filesystem::create_directory(bench.path));
    CHECK_FALSE(bench.ack(bench.tell("VI_1", "backup"))->delivered);
}

TEST_CASE("fifo notifier: parameters") {
    FakeHost host;
    const auto refused = [&](const Settings& settings) -> std::string {
        try {
            host.create(sdk::notifier<FifoNotifier>, settings);
        } catch (const Refused& error) {
            return error.what();
        }
        return "";
    };
    CHECK(refused({{"path", "/run/x"}, {"mode", "644"}}).find("\"644\" is no mode such as \"0644\"") !=
          std::string::npos);
    CHECK(refused({{"path", "/run/x"}, {"mode", "0889"}}).find("mode") != std::string::npos);
    CHECK_FALSE(refused({}).empty());
    CHECK(host.violations().empty());
}
