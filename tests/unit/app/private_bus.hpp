// SPDX-License-Identifier: Apache-2.0
// A dbus-daemon of the test's own, which whoever asks for the system bus meanwhile finds.
#pragma once

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/temporary_directory.hpp"

namespace regent::test {

class PrivateBus {
  public:
    PrivateBus() : address_("unix:path=" + (directory_.path() / "socket").string()) {
        const auto file = directory_.path() / "bus.conf";
        std::ofstream(file)
            << "<busconfig><type>system</type><listen>" << address_
            << "</listen><auth>EXTERNAL</auth><policy context=\"default\"><allow own=\"*\"/>"
               "<allow send_destination=\"*\"/><allow receive_sender=\"*\"/></policy></busconfig>";
        ::setenv("DBUS_SYSTEM_BUS_ADDRESS", address_.c_str(), 1);
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        std::string config = "--config-file=" + file.string();
        std::string print = "--print-address=" + std::to_string(ready[1]);
        std::string program = "dbus-daemon", nofork = "--nofork", nopidfile = "--nopidfile",
                    nosyslog = "--nosyslog";
        char* const argv[] = {program.data(),  config.data(), nofork.data(), nopidfile.data(),
                              nosyslog.data(), print.data(),  nullptr};
        REQUIRE(::posix_spawnp(&pid_, "dbus-daemon", nullptr, nullptr, argv, environ) == 0);
        ::close(ready[1]);
        pollfd waiting{ready[0], POLLIN, 0};
        const bool is_ready = ::poll(&waiting, 1, 10'000) == 1 && (waiting.revents & POLLIN) != 0;
        ::close(ready[0]);
        REQUIRE(is_ready);
    }
    ~PrivateBus() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
    }
    PrivateBus(const PrivateBus&) = delete;
    PrivateBus& operator=(const PrivateBus&) = delete;

    /// It takes connections and bytes, as many as the kernel holds, and reads nothing.
    void hang() const { ::kill(pid_, SIGSTOP); }
    void wake() const { ::kill(pid_, SIGCONT); }

  private:
    TemporaryDirectory directory_;
    std::string address_;
    pid_t pid_ = -1;
};

}  // namespace regent::test
