// SPDX-License-Identifier: Apache-2.0
// The check type `ping`: enough of some addresses answer to ICMP echo.
#pragma once

#include <string>
#include <vector>

#include "echo_socket.hpp"
#include "regent/check.hpp"

namespace regent::plugins::ping {

class PingCheck {
  public:
    static constexpr std::string_view name = "ping", summary = "enough of some addresses answer to ICMP echo";
    static constexpr std::uint32_t flags = REGENT_TYPE_NEEDS_NET_RAW;
    static constexpr std::array params{
        sdk::Param::address("targets", "addresses to ask, such as the gateway of a network")
            .list()
            .required()
            .between(1, 64),
        sdk::Param::integer("min_alive", "how many of them must answer").or_else("1").between(1, 64),
        sdk::Param::address("source", "local address to ask from"),
        sdk::Param::text("interface", "interface to ask through, whatever the routes say"),
    };

    static void validate(const sdk::Values& values);
    PingCheck(sdk::Context context, const sdk::Values& values);

    void probe(sdk::ProbeId probe, sdk::Instant deadline);
    void cancel(sdk::ProbeId probe);
    void on_fd(int fd, std::uint32_t events);
    void on_timer(std::uint64_t timer);
    void stop();
    std::string describe() const;

  private:
    enum class Fate : std::uint8_t { waiting, answered, failed };
    struct Target {
        SocketAddress address;
        std::string text;
        Fate fate = Fate::waiting;
        std::string failure;
    };

    bool open_sockets();
    EchoSocket* socket_for(const SocketAddress& address);
    void send_all();
    void take(const Heard& heard, const SocketAddress& from);
    /// Answers as soon as the verdict is certain.
    void judge();
    void answer(const sdk::Result& result);
    std::size_t count(Fate fate) const;
    std::string shortfall() const;
    Label label_of(std::size_t target) const;
    void close_sockets();

    sdk::Context context_;
    std::vector<Target> targets_;
    std::size_t min_alive_;
    Origin origin_;
    std::uint16_t identifier_;
    std::vector<EchoSocket> sockets_;  ///< one a family, while they are of use

    sdk::ProbeId probe_ = sdk::unsolicited;
    sdk::Instant sent_{};
    std::uint16_t first_sequence_ = 0;
    std::uint64_t cookie_ = 0;
    double shortest_ = 0;
    std::uint64_t strays_ = 0;  ///< packets that answered nothing we ask
};

}  // namespace regent::plugins::ping
