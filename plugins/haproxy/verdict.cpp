// SPDX-License-Identifier: Apache-2.0
#include "plugins/haproxy/verdict.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "plugins/support/printable.hpp"

namespace regent::plugins::haproxy {
namespace {

constexpr std::uint64_t maximum_servers = 65535;
constexpr std::size_t maximum_shown = 32;

sdk::Result missing(std::string text, bool has_been_up) {
    return has_been_up ? sdk::down(sdk::Reason::not_found, std::move(text))
                       : sdk::unknown(sdk::Reason::config, std::move(text));
}

const Proxy* find(const Stats& stats, Proxy::Kind kind, std::string_view name) {
    const auto found = std::find_if(stats.proxies.begin(), stats.proxies.end(), [&](const Proxy& proxy) {
        return proxy.kind == kind && proxy.name == name;
    });
    return found == stats.proxies.end() ? nullptr : &*found;
}

struct Servers {
    std::uint64_t up = 0, all = 0;
};

/// Of one backend, or of all.
Servers count_servers(const Stats& stats, const std::string* backend) {
    Servers servers;
    for (const Proxy& proxy : stats.proxies) {
        if (proxy.kind != Proxy::Kind::server || (backend != nullptr && proxy.name != *backend)) continue;
        ++servers.all;
        if (proxy.is_up()) ++servers.up;
    }
    return servers;
}

/// What is wrong with the frontends, if anything.
std::optional<sdk::Result> judge_frontends(const Stats& stats, const Demands& demands, bool has_been_up) {
    for (const std::string& name : demands.frontends) {
        const Proxy* const frontend = find(stats, Proxy::Kind::frontend, name);
        if (frontend == nullptr) return missing(fmt::format("HAProxy has no frontend {}", name), has_been_up);
        if (frontend->status != "OPEN")
            return sdk::down(sdk::Reason::refused, fmt::format("frontend {} is {}", name,
                                                               printable(frontend->status, maximum_shown)));
    }
    return std::nullopt;
}

std::optional<sdk::Result> judge_servers(const Stats& stats, const Demands& demands, bool has_been_up) {
    for (const MinServers& demand : demands.min_servers) {
        if (find(stats, Proxy::Kind::backend, demand.backend) == nullptr)
            return missing(fmt::format("HAProxy has no backend {}", demand.backend), has_been_up);
        const Servers servers = count_servers(stats, &demand.backend);
        if (servers.up >= demand.count) continue;
        return sdk::Result{demands.too_few_servers, sdk::Reason::resource,
                           fmt::format("backend {}: {} of {} servers up, at least {} wanted", demand.backend,
                                       servers.up, servers.all, demand.count)};
    }
    return std::nullopt;
}

}  // namespace

std::optional<MinServers> parse_min_servers(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (count < 1 || count > maximum_servers) return std::nullopt;
    return MinServers{std::string(text.substr(0, colon)), count};
}

sdk::Result judge(const Stats& stats, const Demands& demands, pid_t pid, bool has_been_up) {
    const Servers servers = count_servers(stats, nullptr);
    auto wrong = judge_frontends(stats, demands, has_been_up);
    if (!wrong) wrong = judge_servers(stats, demands, has_been_up);
    sdk::Result result = wrong ? std::move(*wrong)
                               : sdk::up(fmt::format("HAProxy {}, pid {}, {} sessions, {} of {} servers up",
                                                     printable(stats.info.version, maximum_shown), pid,
                                                     stats.info.sessions, servers.up, servers.all));
    result.metrics = {{"sessions", static_cast<double>(stats.info.sessions)},
                      {"servers_up", static_cast<double>(servers.up)},
                      {"servers", static_cast<double>(servers.all)},
                      {"uptime_seconds", static_cast<double>(stats.info.uptime_s)}};
    return result;
}

}  // namespace regent::plugins::haproxy
