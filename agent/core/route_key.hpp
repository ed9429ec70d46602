// SPDX-License-Identifier: Apache-2.0
// What makes two routes one in the kernel.
#pragma once

#include <compare>
#include <cstdint>

#include "agent/base/ip_address.hpp"
#include "agent/core/settings.hpp"

namespace regent::core {

/// Destination, metric and table (fib_find_alias() in net/ipv4, fib6_add_rt2node() in net/ipv6). No metric is
/// 0, or 1024 over IPv6; no table is the main one.
struct RouteKey {
    static constexpr std::uint32_t main_table = 254;       // RT_TABLE_MAIN in linux/rtnetlink.h
    static constexpr std::uint32_t metric_of_ipv6 = 1024;  // IP6_RT_PRIO_USER in linux/ipv6_route.h

    explicit RouteKey(const Route& route)
        : destination(route.destination),
          prefix(route.prefix),
          metric(route.metric.value_or(0)),
          table(route.table.value_or(main_table)) {
        if (metric == 0 && destination.is_ipv6()) metric = metric_of_ipv6;
    }

    auto operator<=>(const RouteKey&) const = default;

    IpAddress destination;
    std::uint8_t prefix;
    std::uint32_t metric;
    std::uint32_t table;
};

}  // namespace regent::core
