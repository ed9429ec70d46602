// SPDX-License-Identifier: Apache-2.0
// The check `haproxy`: its process by pidfd, for the death; its stats socket, for everything else.
#pragma once

#include <array>

#include "plugins/haproxy/stats_query.hpp"
#include "plugins/haproxy/verdict.hpp"
#include "plugins/process_watch/process_watch.hpp"
#include "regent/check.hpp"

namespace regent::plugins::haproxy {

class HaproxyCheck {
  public:
    static constexpr std::string_view name = "haproxy";
    static constexpr std::string_view summary =
        "whether HAProxy lives, answers and has what it needs to serve";
    static constexpr std::uint32_t flags = REGENT_TYPE_PUSHES;
    static constexpr std::array<std::string_view, 2> too_few_states{"down", "degraded"};
    static constexpr std::array params{
        sdk::Param::path("pidfile",
                         "HAProxy's pidfile: of the master, or of the process where there is none"),
        sdk::Param::text("unit", "HAProxy's service of systemd, in place of pidfile"),
        sdk::Param::path("stats_socket", "HAProxy's stats socket, any level").required(),
        sdk::Param::text("frontends", "frontends that must be OPEN").list().between(0, 256),
        sdk::Param::text("min_servers", "BACKEND:NUMBER, how many of its servers must be up")
            .list()
            .between(0, 256),
        sdk::Param::choice("min_servers_state", "what fewer servers mean", too_few_states)
            .or_else("\"down\""),
        sdk::Param::text("executable", "what the process in pidfile must be called; default haproxy"),
        sdk::Param::duration("grace", "a death is not told if a successor is there within this time")
            .or_else("\"0s\"")
            .between(0, 3'600'000'000'000),
    };

    HaproxyCheck(sdk::Context context, const sdk::Values& values);

    static void validate(const sdk::Values& values);
    void start() { watch_.start(); }
    void probe(sdk::ProbeId probe, sdk::Instant deadline);
    void cancel(sdk::ProbeId);
    void on_fd(int fd, std::uint32_t);
    void on_timer(std::uint64_t timer);
    void stop();
    std::string describe() const;

  private:
    enum class Asking : std::uint8_t { nothing, process, socket };

    void seen(bool is_news);
    void ask_socket();
    void take(StatsQuery::Answer answer);
    void answer(const sdk::Result& result);

    sdk::Context context_;
    Demands demands_;
    Asking asking_ = Asking::nothing;
    sdk::ProbeId probe_ = sdk::unsolicited;
    sdk::Instant deadline_{};
    bool has_been_up_ = false;
    process_watch::ProcessWatch watch_;
    StatsQuery query_;
};

}  // namespace regent::plugins::haproxy
