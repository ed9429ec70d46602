// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/launcher.hpp"

#include <array>
#include <csignal>
#include <fmt/core.h>
#include <spawn.h>
#include <string>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "agent/platform/system_error.hpp"
#include "agent/plugin/inheritance.hpp"

namespace regent::plugin {
namespace {

// Where the host finds its end of the socket.
constexpr int host_descriptor = 3;

struct Spawning {
    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};

    Spawning() {
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawnattr_init(&attributes);
    }
    ~Spawning() {
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
    }
    Spawning(const Spawning&) = delete;
    Spawning& operator=(const Spawning&) = delete;
};

/// The signals that the agent blocks or ignores are the host's to handle as usual.
void reset_signals(posix_spawnattr_t& attributes) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

}  // namespace

Result<HostProcess> ChildLauncher::launch(const HostFile& file) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
        return platform::system_failure("cannot make a socket pair", errno);
    HostProcess host{platform::Descriptor(ends[0]), {}, 0};
    const platform::Descriptor theirs(ends[1]);
    std::vector<std::string> words{program_.string()};
    if (file.keep_net_raw) words.emplace_back("--keep-net-raw");
    if (file.keep_setuid) words.emplace_back("--keep-setuid");
    for (const auto& word : {std::string("--parent"), std::to_string(::getpid()), std::string("--socket"),
                             std::to_string(host_descriptor), file.plugin.string()})
        words.push_back(word);
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    Spawning spawning;
    ::posix_spawn_file_actions_adddup2(&spawning.files, theirs.get(), host_descriptor);
    reset_signals(spawning.attributes);
    const Inheritance inheritance(capabilities_of(file.keep_net_raw, file.keep_setuid));
    const int error = ::posix_spawn(&host.pid, program_.c_str(), &spawning.files, &spawning.attributes,
                                    arguments.data(), environ);
    if (error != 0) return platform::system_failure(fmt::format("cannot start {}", program_.string()), error);
    host.process = platform::Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, host.pid, 0)));
    if (!host.process) {
        const int reason = errno;
        ::kill(host.pid, SIGKILL);
        ::waitpid(host.pid, nullptr, 0);
        return platform::system_failure("cannot watch a process", reason);
    }
    return host;
}

void send_signal(const platform::Descriptor& process, int signal) {
    ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
}

End take_end(const HostProcess& host) {
    siginfo_t info{};
    if (host.pid == 0 || ::waitid(P_PID, static_cast<id_t>(host.pid), &info, WEXITED | WNOHANG) != 0 ||
        info.si_pid == 0)
        return {"has ended", 0};
    if (info.si_code == CLD_EXITED)
        return {fmt::format("exited with status {}", info.si_status), info.si_status};
    return {fmt::format("was killed by signal {}", info.si_status), -info.si_status};
}

}  // namespace regent::plugin
