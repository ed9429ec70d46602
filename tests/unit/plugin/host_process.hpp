// SPDX-License-Identifier: Apache-2.0
// The real regent-plugin-host with a plugin of tests/plugins, and the agent's end of its socket.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "agent/platform/descriptor.hpp"
#include "agent/plugin/protocol.hpp"

namespace regent::test {

/// Long enough for a slow machine; nothing waits that long if all is well.
constexpr std::chrono::seconds patience{20};

/// The path of tests/plugins' NAME.so.
std::string test_plugin(const std::string& name);
/// ns of CLOCK_MONOTONIC, so far from now.
std::int64_t in(std::chrono::milliseconds time);
/// A value in /proc/PID/status, such as "CapEff".
std::string process_status(pid_t pid, const std::string& key);
/// Waits until `fd` can be read or is at its end. False: it was not in time.
bool readable(int fd);
/// Waits until a process that may be somebody else's child has ended. False: it did not in time.
bool ended(pid_t pid);

/// Starts regent-plugin-host with these descriptors as 0, 1, 2 and 3; negative: none. `before` runs in the
/// child.
pid_t start_host(const std::vector<std::string>& words, const std::vector<int>& descriptors,
                 const std::function<void()>& before = {});

/// Runs it to its end with `input` on standard input.
struct Output {
    int status = -1;  ///< exit status
    std::string out, error;
};
Output run_host(const std::vector<std::string>& words, const std::string& input = {});

struct SocketPair {
    SocketPair();
    platform::Descriptor ours, theirs;  ///< ours is non-blocking
};

/// A host that serves us. Killed, and waited for, when it goes.
class HostProcess {
  public:
    explicit HostProcess(const std::string& plugin, const std::vector<std::string>& options = {},
                         const std::function<void()>& before = {});
    ~HostProcess();
    HostProcess(const HostProcess&) = delete;
    HostProcess& operator=(const HostProcess&) = delete;

    pid_t pid() const { return pid_; }
    void send(const plugin::ToHost& message) const { send_bytes(plugin::encode(message)); }
    void send_bytes(const Bytes& frame) const;
    /// Waits for its hello and answers it.
    plugin::HostHello greet();
    /// Makes an instance and waits for it.
    plugin::InstanceId make(const std::string& type, const std::vector<config::Value>& values,
                            config::PluginKind kind = config::PluginKind::check);
    /// The next message; nothing when the host has closed the socket, or said nothing in time.
    std::optional<plugin::ToAgent> receive();
    /// Whether a message comes, or the end. For what must not happen: a wait that is as short as its reason
    /// allows.
    bool says_anything_within(std::chrono::milliseconds time) const;
    /// False: nobody is there to take it.
    bool send_if_there(const plugin::ToHost& message) const;
    /// The next message of one kind. Others go to `others`.
    template <class Message>
    Message await() {
        for (;;) {
            auto message = receive();
            if (!message) throw std::runtime_error("the host did not say what it should");
            if (is_about_slowness(*message)) {
                slow.push_back(*message);
                continue;
            }
            if (auto* wanted = std::get_if<Message>(&*message)) return *wanted;
            others.push_back(*message);
        }
    }
    /// Asks and waits for the answer.
    plugin::Report probe(plugin::InstanceId instance, std::uint64_t probe,
                         std::chrono::milliseconds time = patience);
    void hang_up() { socket_ = platform::Descriptor(); }
    /// Waits for its end: what waitpid(2) says of it.
    int wait_status();
    /// What it wrote to stderr, after its end.
    std::string words() const;

    std::vector<plugin::ToAgent> others;
    std::vector<plugin::ToAgent>
        slow;  ///< log lines about an operation that took long: any may, on a busy machine

  private:
    static bool is_about_slowness(const plugin::ToAgent& message);

    platform::Descriptor socket_;
    platform::Descriptor words_;
    pid_t pid_ = 0;
    plugin::InstanceId last_ = 0;
};

}  // namespace regent::test
