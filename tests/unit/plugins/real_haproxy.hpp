// SPDX-License-Identifier: Apache-2.0
// A real HAProxy on unix sockets alone: no network is touched.
#pragma once

#include <charconv>
#include <chrono>
#include <functional>
#include <optional>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "plugins/process_watch/proc_text.hpp"
#include "tests/unit/plugins/processes.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace regent::test {

inline constexpr const char* haproxy_program = "/usr/sbin/haproxy";

class RealHaproxy {
  public:
    enum class Mode { master_worker, daemon };

    explicit RealHaproxy(Mode mode) : mode_(mode) {
        // The daemon's father is gone at once; so it becomes our child, and can be reaped.
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        write_file(directory_.path() / "haproxy.cfg", configuration());
        start();
    }
    RealHaproxy(const RealHaproxy&) = delete;
    RealHaproxy& operator=(const RealHaproxy&) = delete;
    ~RealHaproxy() {
        for (const pid_t pid : started_)
            end(pid);
        ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    }

    std::string pidfile() const { return (directory_.path() / "haproxy.pid").string(); }
    std::string stats_socket() const { return (directory_.path() / "admin.sock").string(); }
    std::optional<pid_t> pid() const { return plugins::process_watch::parse_pidfile(text_of(pidfile())); }

    /// Starts it, with `more` arguments, and returns once its pidfile names another process. Calls
    /// `meanwhile` again and again until then.
    void start(
        const std::vector<std::string>& more = {},
        const std::function<void()>& meanwhile = [] { ::sched_yield(); }) {
        const auto before = pid();
        const pid_t child = ::fork();
        if (child == 0) exec(more);
        bool father_ended = mode_ == Mode::master_worker;
        const auto is_there = [&] {
            meanwhile();
            // The father of a daemon ends when it has written the pidfile.
            father_ended = father_ended || ::waitpid(child, nullptr, WNOHANG) == child;
            return father_ended && pid() && pid() != before;
        };
        if (mode_ == Mode::master_worker) started_.push_back(child);
        wait_for(is_there, "HAProxy writes no pidfile: " + log());
        if (mode_ == Mode::daemon) started_.push_back(*pid());
    }
    /// Kills and reaps.
    void end(pid_t pid) {
        if (std::erase(started_, pid) == 0) return;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    /// One command on the stats socket; empty when nobody answers.
    std::string ask(const std::string& command) const {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        stats_socket().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
        const timeval patience{5, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        std::string text;
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
            ::send(fd, (command + "\n").data(), command.size() + 1, MSG_NOSIGNAL) > 0) {
            char buffer[4096];
            for (ssize_t count = 0; (count = ::read(fd, buffer, sizeof buffer)) > 0;)
                text.append(buffer, static_cast<std::size_t>(count));
        }
        ::close(fd);
        return text;
    }
    std::optional<pid_t> worker() const {
        const std::string info = ask("show info");
        const std::size_t at = info.find("\nPid: ");
        if (at == std::string::npos || info.find("\nStopping: 1") != std::string::npos) return std::nullopt;
        return plugins::process_watch::parse_pidfile(info.substr(at + 6));
    }
    std::string log() const { return text_of(directory_.path() / "log"); }

    template <class Condition>
    static void wait_for(const Condition& condition, const std::string& otherwise) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) throw std::runtime_error(otherwise);
            ::sched_yield();
        }
    }

  private:
    std::string configuration() const {
        const std::string path = directory_.path();
        return "global\n  nbthread 1\n  maxconn 100\n  stats socket " + path +
               "/admin.sock mode 600 level admin expose-fd listeners\n"
               "defaults\n  mode tcp\n  timeout client 5s\n  timeout server 5s\n  timeout connect 1s\n"
               "frontend web\n  bind " +
               path +
               "/web.sock\n  default_backend app\n"
               "backend app\n  server s1 " +
               path + "/s1.sock\n  server s2 " + path + "/s2.sock\n";
    }
    [[noreturn]] void exec(const std::vector<std::string>& more) const {
        if (mode_ == Mode::master_worker) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const std::string config = directory_.path() / "haproxy.cfg", log_path = directory_.path() / "log";
        const int log_fd = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(log_fd, STDOUT_FILENO);
        ::dup2(log_fd, STDERR_FILENO);
        std::vector<std::string> all{haproxy_program, mode_ == Mode::daemon ? "-D" : "-W", "-f", config, "-p",
                                     pidfile()};
        all.insert(all.end(), more.begin(), more.end());
        std::vector<char*> pointers;
        for (std::string& argument : all)
            pointers.push_back(argument.data());
        pointers.push_back(nullptr);
        ::execv(haproxy_program, pointers.data());
        ::_exit(127);
    }

    Mode mode_;
    TemporaryDirectory directory_;
    std::vector<pid_t> started_;
};

}  // namespace regent::test
