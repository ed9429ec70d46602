// SPDX-License-Identifier: Apache-2.0
// What is demanded of HAProxy, and what follows from its answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/haproxy/stats.hpp"
#include "regent/context.hpp"

namespace regent::plugins::haproxy {

/// "servers-rmiServ1:2": so many servers of a backend must be up.
struct MinServers {
    std::string backend;
    std::uint64_t count = 0;
};

/// Nothing if `text` is not BACKEND:NUMBER with a number from 1 to 65535. The name may hold colons itself.
std::optional<MinServers> parse_min_servers(std::string_view text);

struct Demands {
    std::vector<std::string> frontends;  ///< must be OPEN
    std::vector<MinServers> min_servers;
    sdk::State too_few_servers = sdk::State::down;
};

/// `pid`: of the process that is watched. `has_been_up`: a frontend or backend that is not there is missing
/// from HAProxy, not mistaken in our configuration: DOWN instead of UNKNOWN.
sdk::Result judge(const Stats& stats, const Demands& demands, pid_t pid, bool has_been_up);

}  // namespace regent::plugins::haproxy
