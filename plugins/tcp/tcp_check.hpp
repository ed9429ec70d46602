// SPDX-License-Identifier: Apache-2.0
// The check type `tcp`: a TCP connection, and a dialogue over it if one is wanted.
#pragma once

#include <string>

#include "plugins/support/tcp_connection.hpp"
#include "regent/check.hpp"

namespace regent::plugins::tcp {

class TcpCheck {
  public:
    static constexpr std::string_view name = "tcp", summary = "connects to a TCP port, and talks if told to";
    static constexpr std::uint32_t flags = REGENT_TYPE_PUSHES;
    static constexpr std::array params{
        sdk::Param::address("host", "IP address to connect to; no name, looking one up takes too long")
            .required(),
        sdk::Param::port("port", "TCP port to connect to").required(),
        sdk::Param::text("send", "what is sent once connected"),
        sdk::Param::text("send_hex", "the same as pairs of hexadecimal digits"),
        sdk::Param::text("expect", "what the answer must begin with"),
        sdk::Param::text("expect_hex", "the same as pairs of hexadecimal digits"),
        sdk::Param::address("source", "local address to connect from"),
        sdk::Param::boolean("keep", "keep the connection open: its loss counts at once").or_else("false"),
    };

    static void validate(const sdk::Values& values);
    TcpCheck(sdk::Context context, const sdk::Values& values);

    void probe(sdk::ProbeId probe, sdk::Instant deadline);
    void cancel(sdk::ProbeId probe);
    void on_fd(int fd, std::uint32_t events);
    void stop() { disconnect(); }
    std::string describe() const;

  private:
    enum class Stage : std::uint8_t { idle, connecting, sending, expecting, kept };

    void connect();
    void go_on(TcpConnection::Progress progress);
    void connected();
    void send_more();
    void read_more();
    void succeed();
    /// Of a connection that was kept: it may be long gone, or tell the rest of an earlier answer, so that a
    /// new one is to judge.
    bool retried();
    void fail(int error);
    void answer(const sdk::Result& result);
    void disconnect();
    /// Reads away what nobody asked for. Returns 0, or why the connection is of no use any more.
    int drain();
    void lose(int error);
    std::string says(std::string_view what) const;

    sdk::Context context_;
    std::string send_;
    std::string expect_;
    bool keep_;

    TcpConnection connection_;
    Stage stage_ = Stage::idle;
    sdk::ProbeId probe_ = sdk::unsolicited;
    bool reused_ = false;
    sdk::Instant started_{};
    double connect_seconds_ = 0;
    std::size_t sent_ = 0;
    std::size_t matched_ = 0;
    std::size_t unasked_ = 0;  ///< bytes since the last probe
    std::uint64_t connects_ = 0;
    std::uint64_t losses_ = 0;
};

}  // namespace regent::plugins::tcp
