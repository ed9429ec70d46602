// SPDX-License-Identifier: Apache-2.0
// A system bus of the test's own, and on it a systemd that knows one service. It answers in the test's
// thread, when it is turned.
#pragma once

#include <csignal>
#include <filesystem>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "tests/unit/plugins/processes.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace regent::test {

/// A dbus-daemon, and $DBUS_SYSTEM_BUS_ADDRESS that names it.
class SystemBus {
  public:
    static bool is_possible() { return ::access(program, X_OK) == 0; }

    SystemBus() {
        const std::string path = directory_.path();
        write_file(
            path + "/bus.conf",
            "<busconfig><type>system</type><listen>unix:path=" + path +
                "/bus</listen><auth>EXTERNAL</auth><policy context=\"default\"><allow own=\"*\"/>"
                "<allow send_destination=\"*\" eavesdrop=\"false\"/><allow receive_sender=\"*\"/></policy>"
                "</busconfig>");
        int ready[2]{-1, -1};
        if (::pipe(ready) != 0) throw std::runtime_error("no pipe");
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const std::string config = "--config-file=" + path + "/bus.conf";
            const std::string print = "--print-address=" + std::to_string(ready[1]);
            ::freopen((path + "/log").c_str(), "w", stderr);
            ::execl(program, program, config.c_str(), "--nofork", "--nopidfile", "--nosyslog", print.c_str(),
                    nullptr);
            ::_exit(127);
        }
        ::close(ready[1]);
        char byte = 0;
        const bool is_ready = ::read(ready[0], &byte, 1) == 1;
        ::close(ready[0]);
        if (!is_ready) throw std::runtime_error("dbus-daemon does not start: " + text_of(path + "/log"));
        ::setenv("DBUS_SYSTEM_BUS_ADDRESS", ("unix:path=" + path + "/bus").c_str(), 1);
    }
    SystemBus(const SystemBus&) = delete;
    SystemBus& operator=(const SystemBus&) = delete;
    ~SystemBus() {
        end();
        ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
    }
    void end() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(std::exchange(pid_, 0), nullptr, 0);
    }

  private:
    static constexpr const char* program = "/usr/bin/dbus-daemon";
    TemporaryDirectory directory_;
    pid_t pid_ = 0;
};

class FakeSystemd {
  public:
    static constexpr const char* path = "/org/freedesktop/systemd1/unit/keeper_2eservice";

    FakeSystemd() {
        static const sd_bus_vtable service[] = {
            SD_BUS_VTABLE_START(0),
            SD_BUS_PROPERTY("MainPID", "u", get_pid, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
            SD_BUS_VTABLE_END};
        static const sd_bus_vtable manager[] = {
            SD_BUS_VTABLE_START(0), SD_BUS_METHOD("Subscribe", "", "", subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_VTABLE_END};
        sd_bus* bus = nullptr;
        need(sd_bus_open_system(&bus));
        bus_.reset(bus);
        need(sd_bus_add_object_vtable(bus, nullptr, path, "org.freedesktop.systemd1.Service", service, this));
        need(sd_bus_add_object_vtable(bus, nullptr, "/org/freedesktop/systemd1",
                                      "org.freedesktop.systemd1.Manager", manager, this));
        need(sd_bus_request_name(bus, "org.freedesktop.systemd1", 0));
    }

    /// Takes in and sends what there is.
    void turn() const {
        while (sd_bus_process(bus_.get(), nullptr) > 0) {
        }
    }
    /// As systemd: whoever subscribed is told.
    void set_main_pid(pid_t pid) {
        pid_ = static_cast<std::uint32_t>(pid);
        if (!is_subscribed_) return;
        need(sd_bus_emit_properties_changed(bus_.get(), path, "org.freedesktop.systemd1.Service", "MainPID",
                                            nullptr));
        need(sd_bus_flush(bus_.get()));
    }
    bool is_subscribed() const { return is_subscribed_; }

  private:
    struct Unref {
        void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
    };
    static void need(int result) {
        if (result < 0) throw std::runtime_error("the systemd of the test: " + std::to_string(result));
    }
    static int get_pid(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* self,
                       sd_bus_error*) {
        return sd_bus_message_append(reply, "u", static_cast<FakeSystemd*>(self)->pid_);
    }
    static int subscribe(sd_bus_message* call, void* self, sd_bus_error*) {
        static_cast<FakeSystemd*>(self)->is_subscribed_ = true;
        return sd_bus_reply_method_return(call, "");
    }

    std::unique_ptr<sd_bus, Unref> bus_;
    std::uint32_t pid_ = 0;
    bool is_subscribed_ = false;
};

}  // namespace regent::test
