// SPDX-License-Identifier: Apache-2.0
// The other end of a TCP connection, played by the test.
#pragma once

#include <catch2/catch.hpp>
#include <poll.h>
#include <string>
#include <string_view>

#include "plugins/support/descriptor.hpp"
#include "plugins/support/socket_address.hpp"
#include "tests/unit/platform/network.hpp"

namespace regent::test {

/// Listens on loopback; what it does with a connection is the test's to say.
class Server {
  public:
    explicit Server(const std::string& host = "127.0.0.1", std::uint16_t port = 0) {
        auto address = plugins::socket_address(host, port);
        socket_ = plugins::Descriptor(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        const int on = 1;
        REQUIRE(::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
        REQUIRE(::bind(socket_.get(), &address->any, address->size) == 0);
        REQUIRE(::listen(socket_.get(), 128) == 0);
        REQUIRE(::getsockname(socket_.get(), &address->any, &address->size) == 0);
        port_ = ntohs(address->family() == AF_INET ? address->v4.sin_port : address->v6.sin6_port);
    }
    std::uint16_t port() const { return port_; }
    plugins::Descriptor accept() const {
        REQUIRE(platform::test::readable(socket_.get()));
        return plugins::Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    }
    bool has_caller() const {
        pollfd waiting{socket_.get(), POLLIN, 0};
        return ::poll(&waiting, 1, 0) == 1;
    }

  private:
    plugins::Descriptor socket_;
    std::uint16_t port_ = 0;
};

inline std::string received(const plugins::Descriptor& from) {
    REQUIRE(platform::test::readable(from.get()));
    std::array<char, 8192> part{};
    const ssize_t size = ::recv(from.get(), part.data(), part.size(), 0);
    return {part.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

inline void say(const plugins::Descriptor& to, std::string_view text) {
    REQUIRE(::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

/// A close that sends RST.
inline void reset(plugins::Descriptor& connection) {
    const linger now{1, 0};
    REQUIRE(::setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
    connection.reset();
}

}  // namespace regent::test
