// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/run_programs.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <list>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/config/duration_text.hpp"
#include "agent/config/source_text.hpp"
#include "agent/platform/clock.hpp"
#include "agent/platform/descriptor.hpp"
#include "agent/platform/system_error.hpp"
#include "agent/plugin/inheritance.hpp"

namespace regent::plugin {

namespace {

using platform::Descriptor;

constexpr std::size_t longest_complaint = 4096;
constexpr std::size_t shown_complaint = 300;  ///< characters
/// After SIGKILL a process is gone at once, unless the kernel itself is stuck in one of its calls.
constexpr int patience_after_kill_ms = 1000;

struct Pipe {
    Descriptor read;
    Descriptor write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return platform::system_failure("cannot make a pipe", errno);
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// A file without a name, to be read from its start: unlike a pipe it never makes the writer wait.
Result<Descriptor> file_of(std::string_view text) {
    Descriptor file(::memfd_create("input", MFD_CLOEXEC));
    if (!file) return platform::system_failure("cannot make a file in memory", errno);
    while (!text.empty()) {
        const ssize_t size = ::write(file.get(), text.data(), text.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return platform::system_failure("cannot write to a file in memory", errno);
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

void make_nonblocking(const Descriptor& file) {
    ::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) | O_NONBLOCK);
}

class SpawnSettings {
  public:
    SpawnSettings() {
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawnattr_init(&attributes);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setflags(&attributes,
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    }
    ~SpawnSettings() {
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};
};

/// One program that runs.
class Running {
  public:
    Running(const ProgramRun& run, const ProgramLimits& limits, ProgramEnd& end)
        : run_(run), limits_(limits), end_(end), deadline_(platform::now() + limits.time) {
        if (auto started = start(); !started) {
            end_.problem = started.error().text;
            finished_ = true;
        }
    }

    ~Running() {
        if (!finished_) finish("was given up");
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    bool finished() const { return finished_; }
    Instant deadline() const { return deadline_; }

    void add_to(std::vector<pollfd>& polled) const {
        polled.push_back({process_.get(), POLLIN, 0});
        if (output_) polled.push_back({output_.get(), POLLIN, 0});
        if (errors_) polled.push_back({errors_.get(), POLLIN, 0});
    }

    /// Does what can be done without waiting.
    void turn() {
        if (finished_) return;
        pollfd process{process_.get(), POLLIN, 0};
        const bool ended = ::poll(&process, 1, 0) == 1;
        // Read after the end was seen, so that nothing it wrote is missed.
        read_into(output_, end_.output, limits_.output + 1);
        read_into(errors_, end_.complaint, longest_complaint);
        if (end_.output.size() > limits_.output) {
            finish(fmt::format("printed more than {} bytes", limits_.output));
        } else if (ended) {
            finish({});
        } else if (platform::now() >= deadline_) {
            end_.late = true;
            finish(fmt::format("did not end within {}", config::format_duration(limits_.time)));
        }
    }

  private:
    Result<void> start() {
        const auto input = file_of(run_.input);
        auto output = make_pipe();
        auto errors = make_pipe();
        if (!input) return tl::unexpected(input.error());
        if (!output) return tl::unexpected(output.error());
        if (!errors) return tl::unexpected(errors.error());
        SpawnSettings settings;
        ::posix_spawn_file_actions_adddup2(&settings.files, input->get(), STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&settings.files, output->write.get(), STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&settings.files, errors->write.get(), STDERR_FILENO);
        std::vector<std::string> words = run_.words;
        std::vector<char*> arguments;
        for (std::string& word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        const Inheritance nothing(0);
        const int code = ::posix_spawn(&pid_, arguments.front(), &settings.files, &settings.attributes,
                                       arguments.data(), environ);
        if (code != 0) return platform::system_failure(fmt::format("cannot start {}", words.front()), code);
        process_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
        if (!process_) {
            const int reason = errno;
            ::kill(-pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
            return platform::system_failure("cannot watch a process", reason);
        }
        output_ = std::move(output->read);
        errors_ = std::move(errors->read);
        for (const Descriptor* each : {&output_, &errors_})
            make_nonblocking(*each);
        return {};
    }

    /// At most up to `limit` bytes; what comes beyond is thrown away.
    static void read_into(Descriptor& from, std::string& text, std::size_t limit) {
        std::array<char, 16384> buffer{};
        // Bounded: a program that writes for ever must not keep the others waiting.
        for (int i = 0; from && i < 16; ++i) {
            const ssize_t size = ::read(from.get(), buffer.data(), buffer.size());
            if (size < 0 && errno == EINTR) continue;
            if (size < 0 && errno == EAGAIN) return;
            if (size <= 0) return from.reset();
            text.append(buffer.data(), std::min(static_cast<std::size_t>(size), limit - text.size()));
        }
    }

    void finish(std::string problem) {
        finished_ = true;
        // While the child has not been waited for, its id is that of its session and of nobody else.
        ::kill(-pid_, SIGKILL);
        pollfd process{process_.get(), POLLIN, 0};
        siginfo_t info{};
        const bool gone = ::poll(&process, 1, patience_after_kill_ms) == 1 &&
                          ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG) == 0;
        end_.complaint = first_line(end_.complaint);
        if (problem.empty() && !gone) {
            problem = "cannot be waited for";
        } else if (problem.empty() && info.si_code != CLD_EXITED) {
            problem = fmt::format("was killed by signal {}", info.si_status);
        } else if (problem.empty() && info.si_status != 0) {
            problem = fmt::format("exited with status {}", info.si_status);
        }
        if (problem.empty()) return;
        const std::string name = std::filesystem::path(run_.words.front()).filename().string();
        end_.problem = end_.complaint.empty() ? fmt::format("{} {}", name, problem)
                                              : fmt::format("{} ({} {})", end_.complaint, name, problem);
    }

    static std::string first_line(std::string_view text) {
        std::u32string line = config::decode_utf8(config::printable(text.substr(0, text.find('\n'))));
        if (line.size() > shown_complaint) line = line.substr(0, shown_complaint) + U"…";
        return config::encode_utf8(line);
    }

    const ProgramRun& run_;
    const ProgramLimits& limits_;
    ProgramEnd& end_;
    Instant deadline_;
    pid_t pid_ = 0;
    Descriptor process_;
    Descriptor output_;
    Descriptor errors_;
    bool finished_ = false;
};

/// Until something happens to one of them, or a deadline passes.
void wait(const std::list<Running>& running) {
    std::vector<pollfd> polled;
    Instant first = Instant::max();
    for (const Running& each : running) {
        each.add_to(polled);
        first = std::min(first, each.deadline());
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - platform::now()).count();
    ::poll(polled.data(), polled.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
}

}  // namespace

std::vector<ProgramEnd> run_programs(const std::vector<ProgramRun>& runs, const ProgramLimits& limits) {
    std::vector<ProgramEnd> ends(runs.size());
    std::list<Running> running;
    std::size_t next = 0;
    while (next < runs.size() || !running.empty()) {
        while (next < runs.size() && running.size() < limits.at_once) {
            running.emplace_back(runs[next], limits, ends[next]);
            ++next;
        }
        running.remove_if([](const Running& each) { return each.finished(); });
        if (running.empty()) continue;
        wait(running);
        for (Running& each : running)
            each.turn();
    }
    return ends;
}

}  // namespace regent::plugin
