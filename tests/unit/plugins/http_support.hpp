// SPDX-License-Identifier: Apache-2.0
// An HTTP server that does what the test says, step by step, on a unix socket; and the check that asks it.
#pragma once

#include <catch2/catch.hpp>

#include "regent/testing.hpp"
#include "tests/unit/plugins/stats_socket.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace regent::test {

/// An answer with a length.
inline std::string http_answer(const std::string& body, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// A server's socket, and the host whose plugin asks it.
struct HttpBench {
    TemporaryDirectory directory;
    std::string path = (directory.path() / "http.sock").string();
    std::unique_ptr<StatsSocket> server = std::make_unique<StatsSocket>(path);
    sdk::testing::FakeHost host;

    HttpBench() = default;
    ~HttpBench() { CHECK(host.violations() == std::vector<std::string>{}); }

    /// Runs the check until somebody connects.
    Connection accept() {
        REQUIRE(host.run_until([&] { return server->is_asked(); }));
        return server->accept();
    }
    /// Runs the check until it has asked over this connection; the question.
    std::string question(const Connection& connection) {
        std::string text;
        REQUIRE(host.run_until([&] {
            pollfd polled{connection.fd(), POLLIN, 0};
            if (::poll(&polled, 1, 0) == 1) text += connection.read();
            return text.find("\r\n\r\n") != std::string::npos;
        }));
        return text;
    }
    /// Runs the check until it has asked over this connection, and resets that with the question unread.
    void reset(Connection connection) {
        REQUIRE(host.run_until([&] {
            pollfd polled{connection.fd(), POLLIN, 0};
            return ::poll(&polled, 1, 0) == 1;
        }));
        connection.close();
    }
    sdk::testing::Report answer(const sdk::testing::Instance& check, sdk::ProbeId probe) {
        REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
        return *check.answer(probe);
    }
};

/// What keeps `type` from being made with `settings`: "parameter: sentence".
inline std::string refusal(const regent_type& type, const sdk::testing::Settings& settings) {
    sdk::testing::FakeHost host;
    try {
        (void)host.create(type, settings);
    } catch (const sdk::testing::Refused& refused) {
        return refused.param + ": " + refused.what();
    }
    return "accepted";
}

}  // namespace regent::test
