// SPDX-License-Identifier: Apache-2.0
// Real processes and files for tests of checks that watch them.
#pragma once

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/sched.h>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace regent::test {

/// A child of the test that waits until it is killed. Ended and reaped with the object.
class Child {
  public:
    /// Its comm is `comm` once this returns.
    explicit Child(const std::string& comm = "regent-test") : pid_(::fork()) {
        if (pid_ == 0) wait_for_death(comm);
        wait_until_ready();
    }
    /// As the above, with a pid that must be free. Not every machine allows that: see pid().
    Child(const std::string& comm, pid_t wanted) {
        clone_args arguments{};
        arguments.exit_signal = SIGCHLD;
        arguments.set_tid = reinterpret_cast<std::uint64_t>(&wanted);
        arguments.set_tid_size = 1;
        pid_ = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
        if (pid_ == 0) wait_for_death(comm);
        wait_until_ready();
    }
    /// A shell that waits, called `argv[0]` and with the rest of `argv` behind what makes it wait.
    explicit Child(const std::vector<std::string>& argv) : pid_(::fork()) {
        if (pid_ == 0) {
            ::dup2(hold_.ends[0], STDIN_FILENO);
            become_shell(argv);
        }
        wait_until_ready();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ <= 0) return;
        kill();
        reap();
    }

    /// Negative: could not be made.
    pid_t pid() const { return pid_; }
    void kill(int signal = SIGKILL) const {
        if (pid_ > 0) ::kill(pid_, signal);
    }
    void reap() {
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

  private:
    struct Pipe {
        Pipe() {
            if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        }
        Pipe(const Pipe&) = delete;
        Pipe& operator=(const Pipe&) = delete;
        ~Pipe() {
            for (const int fd : ends) {
                if (fd >= 0) ::close(fd);
            }
        }
        int ends[2]{-1, -1};
    };

    [[noreturn]] void wait_for_death(const std::string& comm) const {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::prctl(PR_SET_NAME, comm.c_str());
        ::close(ready_.ends[1]);
        for (;;)
            ::pause();
    }
    [[noreturn]] static void become_shell(const std::vector<std::string>& argv) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::vector<std::string> all{argv[0], "-c", "read line", "zero"};
        all.insert(all.end(), argv.begin() + 1, argv.end());
        std::vector<char*> pointers;
        for (std::string& argument : all)
            pointers.push_back(argument.data());
        pointers.push_back(nullptr);
        ::execv("/bin/sh", pointers.data());
        ::_exit(127);
    }
    /// The child closes its end, be it by execve.
    void wait_until_ready() {
        ::close(std::exchange(ready_.ends[1], -1));
        char byte = 0;
        if (pid_ > 0 && ::read(ready_.ends[0], &byte, 1) != 0) throw std::runtime_error("a child went wrong");
    }

    Pipe hold_, ready_;  // made before the child
    pid_t pid_ = 0;
};

inline std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

/// As daemons do it that know better than to let others read half a number.
inline void replace_file(const std::filesystem::path& path, const std::string& text) {
    write_file(path.string() + ".new", text);
    std::filesystem::rename(path.string() + ".new", path);
}

inline std::size_t open_descriptors() {
    const std::filesystem::directory_iterator list("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(list), end(list)));
}

}  // namespace regent::test
