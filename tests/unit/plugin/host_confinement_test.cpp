// SPDX-License-Identifier: Apache-2.0
// What a host may do is as little as it says, seen from outside. As another user than root there is less to
// lose, and the same to see.
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "tests/unit/plugin/host_process.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace regent;
using namespace regent::plugin;
using namespace std::chrono_literals;
using test::HostProcess;
using test::process_status;

using Catch::Matchers::Contains;

namespace {

std::uint64_t bits(pid_t pid, const std::string& key) {
    return std::stoull(process_status(pid, key), nullptr, 16);
}

std::uint64_t own(std::uint64_t capabilities) {
    return bits(::getpid(), "CapPrm") & capabilities;
}

constexpr std::uint64_t net_raw = 1U << 13;
constexpr std::uint64_t setuid_and_kin = (1U << 5) | (1U << 6) | (1U << 7);

/// A system call fails from here on.
void install(std::vector<sock_filter> program) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        ::_exit(127);
}

/// As in the sandbox of regent.service.
void forbid_capset() {
    install({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
             BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_capset, 0, 1),
             BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
             BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)});
}

/// Of that limit alone: a sanitizer asks for others before anything else.
void forbid_limit_of_urgency() {
    install({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
             BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 3),
             BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
             BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RLIMIT_RTPRIO, 0, 1),
             BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
             BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)});
}

}  // namespace

TEST_CASE("A host has no capability but those that it was told to keep") {
    const auto [option, kept] = GENERATE(table<std::string, std::uint64_t>(
        {{"", 0}, {"--keep-net-raw", net_raw}, {"--keep-setuid", setuid_and_kin}}));
    HostProcess host("good", option.empty() ? std::vector<std::string>{} : std::vector{option});
    host.greet();
    CHECK(bits(host.pid(), "CapEff") == own(kept));
    CHECK(bits(host.pid(), "CapPrm") == own(kept));
    CHECK(bits(host.pid(), "CapInh") == 0);
    CHECK(bits(host.pid(), "CapAmb") == 0);
    if (own(1U << 8) != 0) CHECK(bits(host.pid(), "CapBnd") == kept);  // CAP_SETPCAP
    CHECK(process_status(host.pid(), "NoNewPrivs") == (kept == setuid_and_kin ? "0" : "1"));
}

TEST_CASE("A host runs where capset(2) is forbidden, if it has nothing to give up") {
    HostProcess host("good", {}, [] {
        // Root's programs get no capability of their own accord either.
        if (::geteuid() == 0 && ::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0) != 0) ::_exit(127);
        forbid_capset();
    });
    host.greet();
    CHECK(bits(host.pid(), "CapPrm") == 0);
    CHECK(bits(host.pid(), "CapAmb") == 0);
}

TEST_CASE("A host does not run with more than it should have") {
    if (::geteuid() != 0) {
        WARN("SKIP: only root has something to give up");
        return;
    }
    HostProcess host("good", {}, forbid_capset);
    CHECK_FALSE(host.receive());
}

TEST_CASE("A host does not run where it could become as urgent as the agent") {
    // Few can raise a limit to have something to give up: so what is seen is that it does not do without.
    HostProcess host("good", {}, forbid_limit_of_urgency);
    CHECK_FALSE(host.receive());
    CHECK_THAT(host.words(), Contains("cannot give up priority"));
}

TEST_CASE("A host leads a session, and has no descriptor that nobody gave it") {
    const platform::Descriptor stray(::open("/dev/zero", O_RDONLY));  // without O_CLOEXEC
    REQUIRE(stray);
    HostProcess host("good");
    host.greet();
    CHECK(::getsid(host.pid()) == host.pid());
    const std::string folder = "/proc/" + std::to_string(host.pid()) + "/fd/";
    CHECK(std::filesystem::read_symlink(folder + "0") == "/dev/null");
    CHECK(std::filesystem::read_symlink(folder + "1") == "/dev/null");
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        CHECK(std::filesystem::read_symlink(entry) != "/dev/zero");
}

TEST_CASE("A host is scheduled and signalled like anybody, however its parent is") {
    HostProcess host("good", {}, [] {
        sigset_t all;
        sigfillset(&all);
        ::sigprocmask(SIG_SETMASK, &all, nullptr);
        ::signal(SIGUSR1, SIG_IGN);
        ::setpriority(PRIO_PROCESS, 0, -5);
        const sched_param urgent{1};
        ::sched_setscheduler(0, SCHED_RR, &urgent);
        // As LimitRTPRIO= of the unit has it: who may become urgent later could keep the adverts waiting.
        for (const auto limited : {RLIMIT_RTPRIO, RLIMIT_NICE}) {
            const rlimit urgency{25, 50};
            ::setrlimit(limited, &urgency);
        }
    });
    host.greet();
    for (const auto limited : {RLIMIT_RTPRIO, RLIMIT_NICE}) {
        rlimit left{};
        REQUIRE(::prlimit(host.pid(), limited, nullptr, &left) == 0);
        CHECK(left.rlim_cur == 0);
        CHECK(left.rlim_max == 0);
    }
    CHECK(::sched_getscheduler(host.pid()) == SCHED_OTHER);
    CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(host.pid())) == 0);
    CHECK(bits(host.pid(), "SigBlk") == 0);
    // 32 and 33 are glibc's own: posix_spawn() has a program ignore them, and nobody else can change that.
    constexpr std::uint64_t glibc = 3ULL << (32 - 1);
    CHECK((bits(host.pid(), "SigIgn") & ~glibc) == 1U << (SIGPIPE - 1));
}

TEST_CASE("A host is no more spared than anybody when memory runs out, however its parent is") {
    if (::geteuid() != 0) {
        WARN("SKIP: only root can mount");
        return;
    }
    const test::TemporaryDirectory directory;
    const std::string file = directory.path() / "oom_score_adj";
    const auto [inherited, kept] = GENERATE(table<const char*, const char*>({{"-900", "0"}, {"300", "300"}}));
    std::ofstream(file) << inherited;
    HostProcess host("good", {}, [&file] {
        // Without CAP_SYS_RESOURCE nobody gets below 0, so a file stands in for the kernel's.
        const bool done = ::unshare(CLONE_NEWNS) == 0 &&
                          ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                          ::mount(file.c_str(), "/proc/self/oom_score_adj", nullptr, MS_BIND, nullptr) == 0;
        if (!done) ::_exit(127);
    });
    host.greet();
    std::string now;
    std::getline(std::ifstream(file), now);
    CHECK(now == kept);
}

TEST_CASE("A host that is started for idle times stays so") {
    HostProcess host("good", {}, [] {
        const sched_param idle{};
        ::sched_setscheduler(0, SCHED_IDLE, &idle);
    });
    host.greet();
    CHECK(::sched_getscheduler(host.pid()) == SCHED_IDLE);
}

TEST_CASE("A host dies with the process that started it") {
    test::SocketPair sockets;
    std::array<int, 2> tell{};
    REQUIRE(::pipe2(tell.data(), O_CLOEXEC) == 0);
    const pid_t middle = ::fork();
    if (middle == 0) {
        const pid_t started = test::start_host({"--socket", "3", test::test_plugin("good")},
                                               {-1, -1, -1, sockets.theirs.get()});
        // Until it has said hello, it may not be bound to us yet.
        const pid_t told = test::readable(sockets.ours.get()) ? started : 0;
        static_cast<void>(::write(tell[1], &told, sizeof told));
        ::_exit(0);
    }
    pid_t host = 0;
    REQUIRE(::read(tell[0], &host, sizeof host) == sizeof host);
    ::close(tell[0]);
    ::close(tell[1]);
    ::waitpid(middle, nullptr, 0);
    REQUIRE(host > 0);
    // Our end of the socket is still open: it is not that which ends the host.
    CHECK(test::ended(host));
}

TEST_CASE("A host that was not started by whom it should be ends at once") {
    HostProcess right("good", {"--parent", std::to_string(::getpid())});
    right.greet();
    HostProcess wrong("good", {"--parent", "1"});
    CHECK_FALSE(wrong.receive());
    CHECK(WEXITSTATUS(wrong.wait_status()) == 1);
    CHECK_THAT(wrong.words(), Contains("whoever started this process is gone"));
}

TEST_CASE("A plugin is loaded only from where nobody else can write") {
    const test::TemporaryDirectory folder;
    const auto file = folder.path() / "good.so";
    std::filesystem::copy_file(test::test_plugin("good"), file);
    const auto describe = [&] { return test::run_host({"--describe", file.string()}); };
    ::chmod(file.c_str(), 0755);
    REQUIRE(describe().status == 0);

    ::chmod(file.c_str(), 0775);
    CHECK(describe().status == 1);
    CHECK_THAT(describe().error, Contains("others than its owner can write"));
    ::chmod(file.c_str(), 0755);

    ::chmod(folder.path().c_str(), 0777);
    CHECK_THAT(describe().error, Contains("others than its owner can write"));
    ::chmod(folder.path().c_str(), 01777);
    CHECK_THAT(describe().error, Contains("others than its owner can write"));
    ::chmod(folder.path().c_str(), 0755);

    if (::geteuid() == 0) {
        REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
        CHECK_THAT(describe().error, Contains("belongs to user 65534"));
        REQUIRE(::chown(file.c_str(), 0, 0) == 0);
        REQUIRE(::chown(folder.path().c_str(), 65534, 65534) == 0);
        CHECK_THAT(describe().error, Contains("belongs to user 65534"));
        REQUIRE(::chown(folder.path().c_str(), 0, 0) == 0);
    }
    CHECK(describe().status == 0);
}
