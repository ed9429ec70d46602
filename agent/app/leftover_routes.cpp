// SPDX-License-Identifier: Apache-2.0
#include "agent/app/leftover_routes.hpp"

#include <tuple>
#include <utility>

namespace regent::app {
namespace {

/// Apart from what makes them one to the kernel.
bool differ(const core::Route& one, const core::Route& other) {
    return std::tie(one.gateway, one.device, one.source) !=
           std::tie(other.gateway, other.device, other.source);
}

}  // namespace

LeftoverRoutes::LeftoverRoutes(const std::vector<core::Route>& routes) {
    for (const auto& route : routes)
        routes_.emplace(core::RouteKey(route), route);
}

std::vector<core::Route> LeftoverRoutes::claim(const core::Route& route) {
    const auto there = routes_.extract(core::RouteKey(route));
    if (there.empty() || !differ(there.mapped(), route)) return {};
    return {there.mapped()};
}

std::vector<core::Route> LeftoverRoutes::take_rest() {
    std::vector<core::Route> rest;
    for (auto& [key, route] : std::exchange(routes_, {}))
        rest.push_back(std::move(route));
    return rest;
}

}  // namespace regent::app
