// SPDX-License-Identifier: Apache-2.0
// Plugin hosts without processes: the test holds the other end of each connection and says when one "dies".
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <vector>

#include "agent/platform/event_loop.hpp"
#include "agent/plugin/launcher.hpp"
#include "agent/plugin/protocol.hpp"

namespace regent::plugin::test {

/// One "process".
class FakeHost {
  public:
    FakeHost(HostFile started, int socket, int process)
        : file(std::move(started)), socket_(socket), process_(process) {}

    void say(const ToAgent& message) const { say_bytes(encode(message)); }
    void say_bytes(const Bytes& frame) const {
        REQUIRE(::send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(frame.size()));
    }
    /// False: the agent has not read what was said before.
    bool say_if_room(const ToAgent& message) const {
        const Bytes frame = encode(message);
        return ::send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) >= 0;
    }
    /// What has been sent to it so far.
    std::vector<ToHost> heard() const {
        std::vector<ToHost> messages;
        Bytes buffer(maximum_frame);
        while (true) {
            const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (size <= 0) return messages;
            const auto message = decode_to_host(ByteView(buffer).first(static_cast<std::size_t>(size)));
            REQUIRE(message);
            messages.push_back(*message);
        }
    }
    template <class Message>
    std::vector<Message> heard_of() const {
        std::vector<Message> found;
        for (const auto& message : heard()) {
            if (const auto* one = std::get_if<Message>(&message)) found.push_back(*one);
        }
        return found;
    }
    /// As when a process ends. The connection ends a moment later, as it does with a real one.
    void die() const { REQUIRE(::eventfd_write(process_.get(), 1) == 0); }
    void close() { socket_.reset(); }

    const HostFile file;

  private:
    platform::Descriptor socket_;
    platform::Descriptor process_;
};

class FakeLauncher : public Launcher {
  public:
    explicit FakeLauncher(std::vector<std::unique_ptr<FakeHost>>& hosts) : hosts_(hosts) {}

    Result<HostProcess> launch(const HostFile& file) override {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
        const int process = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        REQUIRE(process >= 0);
        hosts_.push_back(std::make_unique<FakeHost>(file, ends[1], ::dup(process)));
        return HostProcess{platform::Descriptor(ends[0]), platform::Descriptor(process), 0};
    }

  private:
    std::vector<std::unique_ptr<FakeHost>>& hosts_;
};

inline platform::EventLoop open_loop() {
    auto made = platform::EventLoop::open();
    REQUIRE(made);
    return std::move(*made);
}

/// Runs whatever is ready, and what that leads to.
inline void settle(platform::EventLoop& loop) {
    for (int rounds = 0; rounds < 1000; ++rounds) {
        const auto called = loop.run_once(Duration::zero());
        REQUIRE(called);
        if (!*called) return;
    }
    FAIL("the loop does not come to rest");
}

}  // namespace regent::plugin::test
