// SPDX-License-Identifier: Apache-2.0
// The check type `docker`: whether containers run, are not paused, and are healthy where they can say so.
#pragma once

#include <array>

#include "plugins/docker/look.hpp"
#include "plugins/docker/parameters.hpp"
#include "plugins/docker/watched.hpp"
#include "regent/check.hpp"

namespace regent::plugins::docker {

class DockerCheck final : private Member {
  public:
    static constexpr std::string_view name = "docker", summary = "whether containers run and are healthy";
    static constexpr std::uint32_t flags = REGENT_TYPE_PUSHES;
    static constexpr std::array params{
        sdk::Param::text("container", "name or id of the container"),
        sdk::Param::text("label",
                         "\"KEY\" or \"KEY=VALUE\": all containers that have it, in place of container"),
        sdk::Param::integer("min_running", "how many of these must be up; default 1")
            .between(1, Look::maximum_containers),
        sdk::Param::path("socket", "dockerd's unix socket; default /run/docker.sock"),
        sdk::Param::address("host", "IP address of a dockerd elsewhere, in place of socket"),
        sdk::Param::port("port", "its TCP port; default 2376, and 2375 without TLS"),
        sdk::Param::boolean("tls", "whether that dockerd speaks TLS").or_else("true"),
        sdk::Param::text("server_name", "the name in its certificate; default: its address"),
        sdk::Param::path("ca_file", "whom to trust, PEM; default: whom this machine trusts"),
        sdk::Param::path("client_certificate", "what to prove us with, PEM"),
        sdk::Param::path("client_key", "its key, PEM, if that stands in a file of its own"),
    };

    static void validate(const sdk::Values& values);
    DockerCheck(sdk::Context context, const sdk::Values& values);

    void start();
    void probe(sdk::ProbeId probe, sdk::Instant deadline);
    void cancel(sdk::ProbeId probe);
    void on_fd(int fd, std::uint32_t events);
    void on_timer(std::uint64_t timer);
    void stop();
    std::string describe() const;

  private:
    static constexpr std::uint64_t deadline_timer = Daemon::free;
    /// So that a hundred checks that hear the same do not all ask within one call of the host's.
    static constexpr std::uint64_t look_timer = Daemon::free + 1;
    static constexpr std::uint64_t event_timer = Daemon::free + 2;

    void on_event(const Event& event) override;
    void on_stream() override {
        lost_.reset();
        look_soon();
    }
    void on_stream_lost(const sdk::Result& why) override;
    /// Something may have changed: the facts are asked for, and told if they are news.
    void look_soon();
    void look(sdk::Instant deadline);
    void take(Look::Sight sight);
    /// DOWN, if that follows from what was seen or told without asking.
    std::optional<sdk::Result> known_down() const;
    /// UP, if those that dockerd has answered for so far are enough, whatever becomes of the others.
    std::optional<sdk::Result> enough_of_label() const;
    void answer(const sdk::Result& result);
    void push(const sdk::Result& result);

    const Wanted wanted_;
    const std::shared_ptr<Daemon> daemon_;
    Watched watched_;
    Look look_;
    std::vector<Container> containers_;  ///< as they were last seen
    sdk::ProbeId probe_ = sdk::unsolicited;
    sdk::Duration patience_{};
    bool look_again_ = false;
    std::optional<sdk::Result> lost_;  ///< the stream of events, during a look
    std::optional<sdk::State> told_;
    std::uint64_t looks_ = 0;
};

}  // namespace regent::plugins::docker
