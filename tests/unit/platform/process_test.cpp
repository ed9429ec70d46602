// SPDX-License-Identifier: Apache-2.0
// What concerns the process as a whole: permission, priority, memory, one agent a namespace, service manager,
// wake-up.
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "agent/platform/capabilities.hpp"
#include "agent/platform/clock.hpp"
#include "agent/platform/notify_socket.hpp"
#include "agent/platform/realtime.hpp"
#include "agent/platform/single_instance.hpp"
#include "agent/platform/wakeup.hpp"

#include "network.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace regent;
using namespace regent::platform;
using namespace regent::platform::test;

using Catch::Matchers::Contains;

namespace {

/// The service manager's end; `name` begins with '/' or '@'.
Descriptor manager_socket(const std::string& name) {
    Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    return socket;
}

std::string next_message(const Descriptor& socket) {
    std::array<char, 4096> text{};
    const ssize_t size = ::recv(socket.get(), text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? std::string("nothing") : std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace

TEST_CASE("The clock is CLOCK_MONOTONIC and does not go back") {
    const Instant first = now();
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    const Instant second = now();
    const Instant between{std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)};
    CHECK(first <= between);
    CHECK(between <= second);
}

TEST_CASE("A missing permission names its capability") {
    REQUIRE_NETWORK();
    CHECK(check_permission());
    {
        const WithoutCapability without(CAP_NET_RAW);
        const auto refused = check_permission();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().text ==
              "cannot open a raw socket: CAP_NET_RAW is missing (run as root or grant it in the unit)");
    }
    const WithoutCapability without(CAP_NET_ADMIN);
    const auto refused = check_permission();
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().text, Contains("CAP_NET_ADMIN is missing"));
}

TEST_CASE("Real-time priority is the calling thread's alone, and a refusal is a sentence") {
    REQUIRE_NETWORK();
    int inside = -1;
    Result<void> outcome;
    Result<void> refused;
    std::thread([&] {
        outcome = set_realtime_priority(10);
        inside = ::sched_getscheduler(0);
        refused = set_realtime_priority(1000);
    }).join();
    CHECK(::sched_getscheduler(0) == SCHED_OTHER);
    if (outcome) {
        CHECK(inside == (SCHED_RR | SCHED_RESET_ON_FORK));
    } else {
        WARN(outcome.error().text);  // real-time group scheduling forbids it in containers
    }
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().text, Contains("real-time priority"));
}

TEST_CASE("Memory is locked only where the limit cannot bind") {
    REQUIRE_NETWORK();
    {
        const WithoutCapability without(CAP_IPC_LOCK);
        if (const auto refused = lock_memory(); !refused)
            CHECK_THAT(refused.error().text, Contains("CAP_IPC_LOCK"));
    }
    CHECK(lock_memory());
    ::munlockall();
}

TEST_CASE("One agent a network namespace") {
    REQUIRE_NETWORK();
    const Namespace first;
    auto held = SingleInstance::claim();
    REQUIRE(held);
    const auto second = SingleInstance::claim();
    REQUIRE_FALSE(second);
    CHECK_THAT(second.error().text, Contains("another regentd runs in this network namespace") &&
                                        Contains(std::to_string(::getpid())));
    {
        const Namespace other;
        CHECK(SingleInstance::claim());
    }
    held = failure("given up");
    CHECK(SingleInstance::claim());
}

TEST_CASE("Messages reach the service manager by path and by abstract name") {
    const regent::test::TemporaryDirectory folder;
    const std::string name = GENERATE(as<std::string>{}, "/", "@");
    const std::string full =
        name == "/" ? (folder.path() / "notify").string() : "@rg-notify-" + std::to_string(::getpid());
    const Descriptor manager = manager_socket(full);
    auto notify = NotifySocket::open(full);
    REQUIRE(notify);
    CHECK(notify->active());
    notify->send("READY=1\nSTATUS=two instances");
    CHECK(next_message(manager) == "READY=1\nSTATUS=two instances");
    CHECK(notify->dropped() == 0);
}

TEST_CASE("A manager that does not read costs messages, never time") {
    const regent::test::TemporaryDirectory folder;
    const std::string name = folder.path() / "notify";
    const Descriptor manager = manager_socket(name);
    auto notify = NotifySocket::open(name);
    REQUIRE(notify);
    for (int count = 0; count < 5000; ++count)
        notify->send("WATCHDOG=1");
    const auto dropped = notify->dropped();
    CHECK(dropped > 0);
    std::uint64_t delivered = 0;
    while (next_message(manager) == "WATCHDOG=1")
        ++delivered;
    CHECK(delivered + dropped == 5000);
    notify->send("WATCHDOG=1");
    CHECK(notify->dropped() == dropped);
}

TEST_CASE("A manager that made its socket anew is found again") {
    const regent::test::TemporaryDirectory folder;
    const std::string name = folder.path() / "notify";
    Descriptor manager = manager_socket(name);
    auto notify = NotifySocket::open(name);
    REQUIRE(notify);
    manager.reset();
    std::filesystem::remove(name);
    notify->send("STATUS=nobody");
    CHECK(notify->dropped() == 1);
    manager = manager_socket(name);
    notify->send("STATUS=back");
    CHECK(notify->dropped() == 1);
    CHECK(next_message(manager) == "STATUS=back");
}

TEST_CASE("Without a manager nothing is sent, and a wrong name is an error") {
    auto none = NotifySocket::open("");
    REQUIRE(none);
    CHECK_FALSE(none->active());
    none->send("READY=1");
    CHECK(none->dropped() == 0);
    CHECK_FALSE(NotifySocket::open("relative"));
    CHECK_FALSE(NotifySocket::open("/nowhere/at/all"));
    CHECK_FALSE(NotifySocket::open("/" + std::string(200, 'x')));
}

TEST_CASE("A wake-up lasts until it is cleared") {
    auto wakeup = Wakeup::open();
    REQUIRE(wakeup);
    pollfd waiting{wakeup->fd(), POLLIN, 0};
    CHECK(::poll(&waiting, 1, 0) == 0);
    wakeup->signal();
    wakeup->signal();
    CHECK(::poll(&waiting, 1, 0) == 1);
    wakeup->clear();
    CHECK(::poll(&waiting, 1, 0) == 0);
    wakeup->clear();
}
