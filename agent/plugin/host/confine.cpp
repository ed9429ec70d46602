// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host/confine.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/platform/system_error.hpp"
#include "agent/plugin/inheritance.hpp"

namespace regent::plugin::host {
namespace {

using platform::system_failure;

void close_from_to(unsigned first, unsigned last) {
    if (first <= last) ::syscall(SYS_close_range, first, last, 0U);
}

Result<void> confine_descriptors(int keep) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    if (nowhere < 0) return system_failure("cannot open /dev/null", errno);
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO}) {
        if (::dup2(nowhere, standard) < 0) return system_failure("cannot use /dev/null", errno);
    }
    if (keep < 0) {
        close_from_to(STDERR_FILENO + 1, ~0U);
        return {};
    }
    const auto kept = static_cast<unsigned>(keep);
    close_from_to(STDERR_FILENO + 1, kept - 1);
    close_from_to(kept + 1, ~0U);
    if (::fcntl(keep, F_SETFD, FD_CLOEXEC) != 0) return system_failure("the kept descriptor", errno);
    return {};
}

void reset_signals() {
    // Handlers do not survive exec; what is ignored or blocked does.
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
            ::signal(signal, SIG_DFL);
    }
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

Result<void> confine_scheduling() {
    const int policy = ::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    // Of the others some may not be left, and none is urgent.
    const bool urgent = policy == SCHED_RR || policy == SCHED_FIFO;
    const sched_param ordinary{};
    if (urgent && ::sched_setscheduler(0, SCHED_OTHER, &ordinary) != 0)
        return system_failure("cannot leave real-time scheduling", errno);
    if (::getpriority(PRIO_PROCESS, 0) < 0 && ::setpriority(PRIO_PROCESS, 0, 0) != 0)
        return system_failure("cannot give up priority", errno);
    // Nor may it become urgent again: the unit lets its agent be (LimitRTPRIO), and that is inherited.
    const rlimit none{0, 0};
    for (const auto urgency : {RLIMIT_RTPRIO, RLIMIT_NICE}) {
        if (::setrlimit(urgency, &none) != 0) return system_failure("cannot give up priority", errno);
    }
    return {};
}

/// The agent is spared when memory runs out (OOMScoreAdjust of its unit). A plugin that leaks must not be: in
/// its place HAProxy would be killed. To be spared less takes no privilege.
void confine_oom_score() {
    constexpr const char* path = "/proc/self/oom_score_adj";
    int inherited = 0;
    if (std::ifstream(path) >> inherited && inherited < 0) std::ofstream(path) << 0;
}

Result<void> confine_capabilities(std::uint64_t keep) {
    // Only with CAP_SETPCAP; without it there is nothing to gain from the bounding set that is not asked for
    // below. The first number that the kernel does not know ends it.
    for (unsigned capability = 0; capability < 64; ++capability) {
        if ((keep >> capability & 1U) != 0) continue;
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) break;
    }
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0)
        return system_failure("cannot read capabilities", errno);
    bool too_many = false;
    for (auto& set : sets) {
        const auto kept = set.permitted & static_cast<std::uint32_t>(keep);
        too_many = too_many || set.permitted != kept;
        set = {kept, kept, 0};
        keep >>= 32U;
    }
    // A sandbox may forbid the call (agent/plugin/inheritance.hpp). What is inheritable stays so then, which
    // alone gives nothing to any program.
    if (::syscall(SYS_capset, &header, sets.data()) != 0 && too_many)
        return system_failure("cannot drop capabilities", errno);
    return {};
}

/// After the capabilities: losing them may clear the signal.
Result<void> bind_to_parent(pid_t parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return system_failure("cannot be bound to the parent", errno);
    if (parent != 0 && ::getppid() != parent) return failure("whoever started this process is gone");
    return {};
}

}  // namespace

Result<void> confine(const Confinement& wanted) {
    // EPERM: it leads a group, and that is as good against a terminal's signals.
    if (wanted.own_session && ::setsid() < 0 && errno != EPERM)
        return system_failure("cannot make a session", errno);
    reset_signals();
    if (auto done = confine_descriptors(wanted.keep); !done) return done;
    if (auto done = confine_scheduling(); !done) return done;
    confine_oom_score();
    if (auto done = confine_capabilities(capabilities_of(wanted.keep_net_raw, wanted.keep_setuid)); !done)
        return done;
    if (!wanted.keep_setuid && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return system_failure("cannot rule out new privileges", errno);
    return bind_to_parent(wanted.parent);
}

}  // namespace regent::plugin::host
