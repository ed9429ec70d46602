// SPDX-License-Identifier: Apache-2.0
// How a plugin host comes to life: one strategy behind a small interface, so that units that systemd starts
// can take its place, and tests can do without a process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>

#include "agent/base/result.hpp"
#include "agent/platform/descriptor.hpp"

namespace regent::plugin {

/// The plugin a host is to load, and the capabilities that it declares (regent/abi/plugin.h).
struct HostFile {
    std::filesystem::path plugin;
    bool keep_net_raw = false;
    bool keep_setuid = false;
    std::string build =
        {};  ///< config::PluginUse::build: code is never unloaded, so another one is another host

    // NOLINTNEXTLINE(readability-implicit-bool-conversion): clang-tidy 14 compares the bools as int
    auto operator<=>(const HostFile&) const = default;
};

struct HostProcess {
    platform::Descriptor socket;   ///< SOCK_SEQPACKET, non-blocking; the host speaks first
    platform::Descriptor process;  ///< readable when the process has ended (pidfd_open(2))
    pid_t pid = 0;                 ///< of a child that is to be waited for; 0: none
};

class Launcher {
  public:
    virtual ~Launcher() = default;
    /// Returns at once; the host says hello when it has loaded its plugin. Supervisor's thread, which must
    /// outlive the host: the host is killed when that thread ends (PR_SET_PDEATHSIG).
    virtual Result<HostProcess> launch(const HostFile& file) = 0;
};

/// A child process of the agent, with a socket pair.
class ChildLauncher : public Launcher {
  public:
    explicit ChildLauncher(std::filesystem::path program) : program_(std::move(program)) {}
    Result<HostProcess> launch(const HostFile& file) override;

  private:
    std::filesystem::path program_;
};

/// Sends `signal` unless it has ended. Any thread.
void send_signal(const platform::Descriptor& process, int signal);

/// How a child ended.
struct End {
    std::string text;         ///< part of a sentence: "was killed by signal 9", "exited with status 1"
    std::int32_t status = 0;  ///< the exit status, or the number of the signal, negated
};
/// Only once `HostProcess::process` is readable; takes the child off the process table.
End take_end(const HostProcess& host);

}  // namespace regent::plugin
