// SPDX-License-Identifier: Apache-2.0
#include "sdk/plugin-check/children.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/text.hpp"
#include "agent/config/source_text.hpp"
#include "agent/platform/clock.hpp"
#include "agent/platform/descriptor.hpp"
#include "agent/platform/system_error.hpp"

#include "sdk/plugin-check/trial.hpp"

namespace regent::plugin_check {
namespace {

using nlohmann::json;
using platform::Descriptor;

// What a plugin makes a test say is cut: it must fit a pipe that nobody reads until the child has ended.
constexpr std::size_t longest_text = 2000;
constexpr std::size_t most_notes = 16;

std::string cut(const std::string& text) {
    const std::string line = config::printable(text);
    return line.size() <= longest_text ? line : config::printable(line.substr(0, longest_text)) + " …";
}

std::string encode(const Outcome& outcome) {
    json made = {{"verdict", static_cast<int>(outcome.verdict)}, {"text", cut(outcome.text)}};
    made["notes"] = json::array();
    for (const std::string& note : outcome.notes) {
        if (made["notes"].size() < most_notes) made["notes"].push_back(cut(note));
    }
    return made.dump();
}

Outcome decode(const std::string& text) {
    const json read = json::parse(text);
    return {static_cast<Verdict>(read.at("verdict").get<int>()), read.at("text").get<std::string>(),
            read.at("notes").get<std::vector<std::string>>()};
}

/// The last line that the child wrote to stderr: what a library said before it aborted.
std::string last_words(const Descriptor& said) {
    std::string text(4096, '\0');
    const off_t size = ::lseek(said.get(), 0, SEEK_END);
    const off_t from = size > 4096 ? size - 4096 : 0;
    const auto got = ::pread(said.get(), text.data(), text.size(), from);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    if (text.empty()) return {};
    return ": " + cut(text.substr(text.rfind('\n') + 1));
}

/// What is there. A process that outlived the child by a trick may still hold the other end.
std::string all_of(int fd) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    std::string text;
    std::string part(4096, '\0');
    for (;;) {
        const auto got = ::read(fd, part.data(), part.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(part, 0, static_cast<std::size_t>(got));
    }
}

/// Never returns: whatever the plugin would have run at the end of a process is no part of the test.
[[noreturn]] void be_child(const Test& test, const Options& options, int answer, int said) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int printed = ::memfd_create("stdout", MFD_CLOEXEC);
    if (::dup2(nothing, STDIN_FILENO) < 0 || ::dup2(printed, STDOUT_FILENO) < 0 ||
        ::dup2(said, STDERR_FILENO) < 0)
        ::_exit(1);
    const std::string text = encode(run_here(test, options));
    const auto written = ::write(answer, text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

bool wait_until(int pidfd, Instant end) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - platform::now());
        pollfd polled{pidfd, POLLIN, 0};
        const int ready = ::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

Outcome verdict_on(int status, const std::string& answer, const Descriptor& said) {
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        return {Verdict::failed, fmt::format("it crashed with signal {} ({}){}", signal, ::strsignal(signal),
                                             last_words(said))};
    }
    try {
        return decode(answer);
    } catch (const json::exception&) {
        return {Verdict::failed, fmt::format("it ended the process, with exit status {}{}",
                                             WEXITSTATUS(status), last_words(said))};
    }
}

}  // namespace

Outcome run_here(const Test& test, const Options& options) {
    Trial trial(options);
    Outcome outcome;
    try {
        test.run(trial);
    } catch (const Failed& failed) {
        outcome = {Verdict::failed, failed.text};
    } catch (const Skipped& skipped) {
        outcome = {Verdict::skipped, skipped.text};
    } catch (const std::exception& problem) {
        outcome = {Verdict::failed, problem.what()};
    } catch (...) {
        outcome = {Verdict::failed, "it threw an exception of an unknown type"};
    }
    outcome.notes = trial.notes();
    return outcome;
}

Outcome run_in_child(const Test& test, const Options& options) {
    const Instant begin = platform::now();
    int ends[2] = {-1, -1};
    const Descriptor said(::memfd_create("stderr", MFD_CLOEXEC));
    if (!said || ::pipe2(ends, O_CLOEXEC) != 0)
        return {Verdict::failed, "cannot make a pipe: " + platform::kernel_words(errno)};
    const Descriptor from(ends[0]);
    Descriptor into(ends[1]);
    const pid_t pid = ::fork();
    if (pid < 0) return {Verdict::failed, "cannot fork: " + platform::kernel_words(errno)};
    if (pid == 0) be_child(test, options, into.get(), said.get());
    into.reset();
    const Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    const bool in_time = pidfd && wait_until(pidfd.get(), begin + options.time_limit);
    // Everything that it has started, and has not ended, goes with it.
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    Outcome outcome;
    if (in_time) {
        outcome = verdict_on(status, all_of(from.get()), said);
    } else {
        outcome = {Verdict::failed, fmt::format("it hangs: no end after {}", to_text(options.time_limit))};
    }
    outcome.milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(platform::now() - begin).count();
    return outcome;
}

}  // namespace regent::plugin_check
