// SPDX-License-Identifier: Apache-2.0
// The writer of recordings, and the engine thread's side of it when nobody writes.
#include "agent/app/recorder.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "agent/core/engine.hpp"
#include "agent/record/replay.hpp"

#include "tests/unit/temporary_directory.hpp"

using namespace regent;
using namespace std::chrono_literals;
using record::Replayed;

namespace {

constexpr std::uint64_t large = 64UL << 20U;

struct Scene {
    explicit Scene(std::uint64_t limit = large, const std::string& below = "records")
        : channels(*platform::Wakeup::open(), *platform::Wakeup::open(), *platform::Wakeup::open(),
                   *platform::Wakeup::open()),
          path(directory.path() / below),
          recorder(*app::Recorder::open(channels, path, limit, {})) {}

    /// What happens to an engine without a configuration: it does nothing.
    void happen(std::size_t times, const core::Input& input = core::TimerFired{}) {
        for (; times > 0; --times)
            happen_within_turn(input);
        recorder->wake();
    }
    /// Nobody is told yet that there is something to write.
    void happen_within_turn(const core::Input& input = core::TimerFired{}) {
        now += 1ms;
        recorder->record(input, now, engine.step(input, now));
    }
    /// Writes what waits.
    void write() {
        recorder->finish(true);
        recorder->run();
    }
    /// In a child process that is going to die: guarded, after 500 inputs, of which the last is not written
    /// unless its death has it written. Returns the writing thread.
    std::thread doomed() {
        // Not the handler of the test program, which would take it for a failure.
        std::signal(SIGABRT, SIG_DFL);
        const rlimit no_core{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
        // An event loop does not survive a fork.
        recorder = *app::Recorder::open(channels, path, large, {});
        std::thread writer([&] { recorder->run(); });
        recorder->guard();
        happen(499);
        while (lines() < 500)
            std::this_thread::yield();
        happen_within_turn();
        return writer;
    }
    /// That are written, the header among them.
    std::ptrdiff_t lines() const {
        std::ifstream in(path / "record.jsonl");
        return std::count(std::istreambuf_iterator<char>(in), {}, '\n');
    }
    Result<Replayed> replayed(const std::string& name = "record.jsonl") const {
        std::ifstream in(path / name);
        return record::replay(in, {});
    }
    std::string log() {
        std::string text;
        while (const auto report = channels.record_reports.try_pop())
            text += std::get<core::Log>(report->what).text + '\n';
        return text;
    }

    test::TemporaryDirectory directory;
    app::Channels channels;
    std::filesystem::path path;
    std::unique_ptr<app::Recorder> recorder;
    core::Engine engine;
    Instant now{};
};

}  // namespace

TEST_CASE("A recording is written by its own thread, is private, and replays") {
    Scene scene;
    {
        std::jthread writer([&] { scene.recorder->run(); });
        for (int turn = 0; turn < 50; ++turn)
            scene.happen(20);
        scene.recorder->finish(true);
    }
    const auto found = scene.replayed();
    if (!found) FAIL(found.error().text);
    CHECK(found->ending == Replayed::Ending::stopped);
    CHECK(found->inputs == 1000);
    CHECK(scene.log().starts_with("recording to "));
    struct stat status {};
    REQUIRE(::stat((scene.path / "record.jsonl").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("An agent that has failed leaves a recording without an end") {
    Scene scene;
    scene.happen(3);
    scene.recorder->finish(false);
    scene.recorder->run();
    CHECK(scene.replayed()->ending == Replayed::Ending::cut);
    CHECK(scene.replayed()->inputs == 3);
}

TEST_CASE("Where nobody writes, inputs are lost and counted, and the file says where") {
    Scene scene;
    constexpr std::size_t more = 100;
    scene.happen(app::Recorder::queue_capacity + more);
    scene.write();
    const auto found = scene.replayed();
    if (!found) FAIL(found.error().text);
    CHECK(found->ending == Replayed::Ending::gap);
    CHECK(found->inputs + found->missing == app::Recorder::queue_capacity + more);
    CHECK(found->missing >= more);
    CHECK(scene.log().find("inputs are missing in the recording") != std::string::npos);
}

TEST_CASE("What follows a gap is written behind it") {
    Scene scene;
    scene.happen(app::Recorder::queue_capacity + 1);
    {
        std::jthread writer([&] { scene.recorder->run(); });
        while (scene.channels.record_reports.dropped() == 0 &&
               !std::filesystem::exists(scene.path / "record.jsonl"))
            std::this_thread::yield();
        while (std::filesystem::file_size(scene.path / "record.jsonl") < 1000)
            std::this_thread::yield();
        scene.happen(1, core::LinkRemoved{77});
        scene.recorder->finish(true);
    }
    std::ifstream in(scene.path / "record.jsonl");
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const auto gap = text.find("{\"inputs\":");
    REQUIRE(gap != std::string::npos);
    CHECK(text.find("\"LinkRemoved\":{\"index\":77}") > gap);
    CHECK(text.find("\"cause\":\"stopped\"") > gap);
}

TEST_CASE("Packets that wait do not take more memory than they may") {
    Scene scene;
    core::PacketReceived packet;
    packet.message.resize(60'000);
    scene.happen(1000, packet);
    scene.write();
    const auto found = scene.replayed();
    REQUIRE(found);
    CHECK(found->ending == Replayed::Ending::gap);
    CHECK(found->inputs == app::Recorder::most_waiting / packet.message.size());
}

TEST_CASE("A recording ends at its limit") {
    constexpr std::uint64_t limit = 4096;
    Scene scene(limit);
    scene.happen(1000);
    scene.write();
    const auto found = scene.replayed();
    REQUIRE(found);
    CHECK(found->ending == Replayed::Ending::limit);
    CHECK(found->inputs > 50);
    CHECK(std::filesystem::file_size(scene.path / "record.jsonl") <= limit);
    CHECK(std::filesystem::file_size(scene.path / "record.jsonl") > limit - 256);
    CHECK(scene.log().find("the recording ends: ") != std::string::npos);
}

TEST_CASE("A full disk ends the recording with a whole line") {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit small{3000, before.rlim_max};
    Scene scene;
    scene.happen(1000);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    scene.write();
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto log = scene.log();
    INFO(log);
    CHECK(log.find("the recording ends: cannot write ") != std::string::npos);
    const auto found = scene.replayed();
    REQUIRE(found);
    CHECK(found->ending == Replayed::Ending::cut);
    // Without waiting for anybody any more.
    scene.happen(10);
}

TEST_CASE("A directory that cannot be made costs the recording, and is told") {
    Scene scene(large, "file/below");
    std::ofstream(scene.directory.path() / "file") << "no directory";
    scene.happen(10);
    scene.recorder->run();
    CHECK(scene.log().starts_with("nothing is recorded: cannot make "));
    scene.happen(10);
}

/// What is left by an engine that dies as `die` has it after 500 inputs. Its last words have 100 ms, which a
/// busy machine may not leave them: so several die, until `is_whole` has no more to wish.
template <class Die, class IsWhole>
Result<Replayed> left_by_dying(const Die& die, const IsWhole& is_whole) {
    constexpr int attempts = 3;
    for (int attempt = 1;; ++attempt) {
        Scene scene;
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto writer = scene.doomed();
            die(scene);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
        auto found = scene.replayed();
        if (attempt == attempts || is_whole(found)) return found;
    }
}

TEST_CASE("An input that kills the engine is the last line") {
    const auto found = left_by_dying(
        [](Scene& scene) {
            const core::Input poison = core::LinkRemoved{77};
            scene.recorder->begins(poison, scene.now + 1ms);
            std::abort();
        },
        [](const Result<Replayed>& left) { return !left; });
    REQUIRE_FALSE(found);
    CHECK(found.error().text == "502: the agent died of this input, and this engine does not");
}

TEST_CASE("Another thread that dies leaves what has happened until then") {
    const auto found = left_by_dying(
        [](Scene& scene) {
            const core::Input harmless = core::LinkRemoved{77};
            scene.recorder->begins(harmless, scene.now + 1ms);
            std::thread([] { std::abort(); }).join();
        },
        [](const Result<Replayed>& left) { return left && left->inputs == 500; });
    REQUIRE(found);
    CHECK(found->inputs == 500);
    CHECK(found->ending == Replayed::Ending::cut);
}

TEST_CASE("Some runs are kept, the newest first") {
    test::TemporaryDirectory directory;
    for (int run = 1; run <= 6; ++run) {
        auto file = app::RecordFile::create(directory.path());
        REQUIRE(file);
        REQUIRE(file->append(std::to_string(run)));
    }
    std::string kept;
    for (const char* name : {"record.jsonl", "record.1.jsonl", "record.2.jsonl", "record.3.jsonl"}) {
        std::string text;
        std::ifstream(directory.path() / name) >> text;
        kept += text;
    }
    CHECK(kept == "6543");
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 4);
}
