// SPDX-License-Identifier: Apache-2.0
// The check type `rmi`: a Java RMI server answers, and its registry knows the names that clients ask for.
#pragma once

#include <array>
#include <string>

#include "plugins/rmi/exchange.hpp"
#include "plugins/rmi/verdict.hpp"
#include "regent/check.hpp"

namespace regent::plugins::rmi {

class RmiCheck {
  public:
    static constexpr std::string_view name = "rmi";
    static constexpr std::string_view summary =
        "whether a Java RMI server answers and its registry knows what clients ask for";
    static constexpr std::uint32_t flags = REGENT_TYPE_PUSHES;
    static constexpr std::array<std::string_view, 2> protocols{"stream", "single"};
    static constexpr std::array params{
        sdk::Param::address("host", "IP address of the server; no name, looking one up takes too long")
            .required(),
        sdk::Param::port("port", "its TCP port: the registry's, if names are asked for").required(),
        sdk::Param::choice("protocol", "stream, or single: one message a connection", protocols)
            .or_else("\"stream\""),
        sdk::Param::boolean("keep", "keep a connection open: its loss counts at once; default: with stream"),
        sdk::Param::text("names", "names that must be bound in the registry").list().between(0, 32),
        sdk::Param::text("interfaces", "remote interface of each of names, in their order; \"\" is any")
            .list()
            .between(0, 32),
        sdk::Param::text("stub_host", "host that stubs must send clients to, such as the VIP"),
        sdk::Param::port("stub_port", "port that stubs must send clients to"),
        sdk::Param::address("source", "local address to connect from"),
    };

    static void validate(const sdk::Values& values);
    RmiCheck(sdk::Context context, const sdk::Values& values);

    void probe(sdk::ProbeId probe, sdk::Instant deadline);
    void cancel(sdk::ProbeId probe);
    void on_fd(int fd, std::uint32_t events);
    void on_timer(std::uint64_t timer);
    void stop();
    std::string describe() const;

  private:
    /// What a round of questions is for. A verification is a ping over a new connection, and no more.
    enum class Round : std::uint8_t { none, probe, verification };

    void begin(Round round, sdk::Instant give_up_at);
    void ping();
    void pinged(const Exchange::Outcome& outcome);
    void look_up();
    void looked_up(const Exchange::Outcome& outcome);
    void conclude(sdk::Result result);
    /// A bad verdict says so where the kept connection went first: that is when the server died.
    void tell(sdk::ProbeId probe, sdk::Result result);
    /// Tells what a verification has found of a server whose kept connection is gone.
    void judge_loss(sdk::Result result);
    /// Ends the round without a verdict.
    void abandon();
    /// The kept connection is gone. Whether the server is gone, a new one tells.
    void lose(int error);
    void verify();
    std::vector<sdk::Metric> metrics() const;
    /// The name that is being looked up, for a message.
    std::string asked_for() const;
    std::string says(std::string_view what) const { return where_ + ": " + std::string(what); }

    sdk::Context context_;
    std::string where_;
    bool keep_;
    Demands demands_;
    Exchange pings_;
    Exchange lookups_;

    Round round_ = Round::none;
    sdk::ProbeId probe_ = sdk::unsolicited;
    bool is_reused_ = false;  ///< the ping under way goes over the kept connection
    sdk::Instant asked_{};
    sdk::Duration patience_{};
    double ping_seconds_ = 0;
    double lookup_seconds_ = 0;  ///< of the slowest
    std::size_t next_name_ = 0;
    Findings findings_;
    std::string lost_;  ///< why the kept connection is gone; empty: it is not, or a new one has answered
    unsigned losses_in_turn_ = 0;  ///< since the last probe
    std::uint64_t connects_ = 0;
    std::uint64_t losses_ = 0;
};

}  // namespace regent::plugins::rmi
