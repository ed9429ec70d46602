// SPDX-License-Identifier: Apache-2.0
// One question to the stats socket. Each takes a fresh connection, for one that is kept stays with an old
// worker through a reload. A reload may refuse or drop a connection, or let an old worker answer it: then it
// is asked again, for as long as a reload may take. (Without a master, HAProxy puts its new socket in place
// before it listens on it.)
#pragma once

#include <functional>
#include <string>

#include "plugins/haproxy/stats.hpp"
#include "plugins/process_watch/watched_descriptor.hpp"
#include "regent/context.hpp"

namespace regent::plugins::haproxy {

/// Loop thread.
class StatsQuery {
  public:
    using Answer = tl::expected<Stats, sdk::Result>;
    using Done = std::function<void(Answer)>;

    /// `retry_timer`: of the instance, ours alone.
    StatsQuery(sdk::Context context, std::string path, std::uint64_t retry_timer)
        : context_(context), path_(std::move(path)), retry_timer_(retry_timer) {}

    /// Gives up what is under way. Asks again until `patient_until`, where a reload may be the reason. `done`
    /// is called once, perhaps before this returns; not at all while HAProxy says nothing. The error: DOWN
    /// (refused, reset, not_found) or UNKNOWN (permission, protocol, resource, config).
    void start(sdk::Instant patient_until, Done done);
    void cancel();
    bool is_active() const { return done_ != nullptr; }
    bool on_fd(int fd);
    bool on_timer(std::uint64_t timer);

  private:
    void connect();
    void read_more();
    void at_end();
    void try_again_or(sdk::Result result);
    void finish(Answer answer);
    sdk::Result not_connected(int error) const;

    sdk::Context context_;
    std::string path_;
    std::uint64_t retry_timer_;
    process_watch::WatchedDescriptor socket_;
    std::string text_;
    sdk::Instant patient_until_{};
    bool is_first_ = true;
    Done done_;
};

/// Whether `path` fits into the address of a unix socket.
bool is_socket_path(const std::string& path);

}  // namespace regent::plugins::haproxy
