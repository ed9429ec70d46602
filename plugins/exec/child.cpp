// SPDX-License-Identifier: Apache-2.0
#include "child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>

namespace regent::plugins::exec {

namespace {

[[noreturn]] void raise_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
    Descriptor ours;
    Descriptor theirs;
};

/// Standing above 0, 1 and 2, which the child is about to fill.
Descriptor above_standard(int fd) {
    if (fd < 0 || fd > STDERR_FILENO) return Descriptor(fd);
    const Descriptor low(fd);
    return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

/// The child's end blocks, as programs expect.
Pipe make_pipe(bool child_reads) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) raise_errno("no pipe");
    Pipe made{above_standard(ends[child_reads ? 1 : 0]), above_standard(ends[child_reads ? 0 : 1])};
    if (!made.ours || !made.theirs || ::fcntl(made.ours.get(), F_SETFL, O_NONBLOCK) != 0)
        raise_errno("no pipe");
    return made;
}

/// Standard input with all of `text` in it already, so that nobody has to wait until the program reads it.
Descriptor input_with(const std::string& text) {
    if (text.empty()) {
        Descriptor nothing = above_standard(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!nothing) raise_errno("/dev/null");
        return nothing;
    }
    Pipe pipe = make_pipe(true);
    const ssize_t size = ::write(pipe.ours.get(), text.data(), text.size());
    if (size != static_cast<ssize_t>(text.size())) {
        if (size >= 0) errno = ENOBUFS;
        raise_errno("standard input");
    }
    return std::move(pipe.theirs);
}

/// The steps of the child before the program begins, in order. What it reports when one fails.
enum class Step : std::uint8_t { none, session, descriptors, directory, user, capabilities, parent, execute };
struct Failure {
    Step step = Step::none;
    int error = 0;
};

constexpr std::array<const char*, 8> step_names{
    "", "setsid", "its descriptors", "chdir", "becoming its user", "dropping capabilities", "prctl", ""};

/// All that the child needs, made before it exists: it may not allocate.
struct Plan {
    const char* file;
    char* const* arguments;
    char* const* environment;
    const Account* account;
    int input, output, errors, failure;
    pid_t parent;
};

// From here to become(): the child, where only async-signal-safe calls are allowed. Those that change the
// user are bare system calls: glibc's own would want to tell other threads.

bool reset_signals() {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal)
        (void)::sigaction(signal, &usual, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

bool take_descriptors(const Plan& plan) {
    return ::dup2(plan.input, STDIN_FILENO) >= 0 && ::dup2(plan.output, STDOUT_FILENO) >= 0 &&
           ::dup2(plan.errors, STDERR_FILENO) >= 0 &&
           ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

bool become_user(const Account& account) {
    if (!account.change) return true;
    return ::syscall(SYS_setgroups, account.groups.size(), account.groups.data()) == 0 &&
           ::syscall(SYS_setresgid, account.group, account.group, account.group) == 0 &&
           ::syscall(SYS_setresuid, account.user, account.user, account.user) == 0;
}

/// Root keeps what the bounding set lets it have: that is what being root is.
bool drop_capabilities() {
    (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (::syscall(SYS_geteuid) == 0) return true;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capset, &header, sets.data()) == 0) return true;
    // A sandbox may forbid the call (systemd's @privileged does); then there must be nothing to give up.
    return ::syscall(SYS_capget, &header, sets.data()) == 0 && sets[0].permitted == 0 &&
           sets[1].permitted == 0;
}

/// After the change of user, which would clear the signal.
bool die_with(pid_t parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
    if (::syscall(SYS_getppid) != parent) ::_exit(127);
    return true;
}

Step prepare(const Plan& plan) {
    if (::setsid() < 0) return Step::session;
    if (!take_descriptors(plan)) return Step::descriptors;
    ::umask(022);
    if (::chdir("/") != 0) return Step::directory;
    if (!become_user(*plan.account)) return Step::user;
    if (!drop_capabilities()) return Step::capabilities;
    if (!die_with(plan.parent) || !reset_signals()) return Step::parent;
    return Step::none;
}

[[noreturn]] void become(const Plan& plan) {
    Failure failure{prepare(plan), errno};
    if (failure.step == Step::none) {
        ::execve(plan.file, plan.arguments, plan.environment);
        failure = {Step::execute, errno};
    }
    (void)!::write(plan.failure, &failure, sizeof failure);
    ::_exit(127);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> made;
    made.reserve(texts.size() + 1);
    for (const std::string& text : texts)
        made.push_back(const_cast<char*>(text.c_str()));  // execve changes nothing
    made.push_back(nullptr);
    return made;
}

/// No signal is handled between fork and exec: a handler of ours would run in the child.
class BlockedSignals {
  public:
    BlockedSignals() {
        sigset_t all;
        ::sigfillset(&all);
        (void)::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockedSignals() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

  private:
    sigset_t before_{};
};

}  // namespace

void Child::kill() const {
    // By its own number as well: it may not have made its group yet.
    (void)::kill(-pid, SIGKILL);
    (void)::kill(pid, SIGKILL);
}

Child launch(const Program& program, const std::string& input) {
    const auto arguments = pointers_to(program.arguments);
    const auto environment = pointers_to(program.environment);
    const Descriptor in = input_with(input);
    Pipe output = make_pipe(false);
    Pipe errors = make_pipe(false);
    Pipe failure = make_pipe(false);
    const Plan plan{program.arguments.front().c_str(),
                    arguments.data(),
                    environment.data(),
                    &program.account,
                    in.get(),
                    output.theirs.get(),
                    errors.theirs.get(),
                    failure.theirs.get(),
                    ::getpid()};
    const BlockedSignals blocked;
    int handle = -1;
    // clone() rather than fork(), so that there is no moment at which the child has no pidfd.
    const long pid = ::syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, nullptr, &handle, nullptr, nullptr);
    if (pid == 0) become(plan);
    if (pid < 0) raise_errno("no process");
    (void)::fcntl(handle, F_SETFL, O_NONBLOCK);
    return {static_cast<pid_t>(pid), Descriptor(handle), std::move(output.ours), std::move(errors.ours),
            std::move(failure.ours)};
}

bool reap(const Descriptor& handle) {
    siginfo_t info{};
    const int result = ::waitid(P_PIDFD, static_cast<id_t>(handle.get()), &info, WEXITED | WNOHANG);
    // ECHILD: somebody else has collected it.
    return result != 0 || info.si_pid != 0;
}

End end_of(const Child& child) {
    End end;
    Failure failure;
    if (::read(child.failure.get(), &failure, sizeof failure) == sizeof failure) {
        end.failed_call = failure.error;
        end.failed_step = step_names.at(static_cast<std::size_t>(failure.step));
    }
    siginfo_t info{};
    const auto id = static_cast<id_t>(child.handle.get());
    if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        raise_errno("its exit status is lost");
    (info.si_code == CLD_EXITED ? end.exit_status : end.signal) = info.si_status;
    return end;
}

}  // namespace regent::plugins::exec
