// SPDX-License-Identifier: Apache-2.0
// The routes that an earlier run of the agent has left: those that go on stay where they are, so that a
// restart takes none away; the others go.
#pragma once

#include <map>
#include <vector>

#include "agent/core/route_key.hpp"
#include "agent/core/settings.hpp"

namespace regent::app {

class LeftoverRoutes {
  public:
    LeftoverRoutes() = default;
    explicit LeftoverRoutes(const std::vector<core::Route>& routes);

    /// This one is to be set. Returns what is in its place and differs, which must go before.
    std::vector<core::Route> claim(const core::Route& route);
    /// What nobody has claimed.
    std::vector<core::Route> take_rest();

  private:
    std::map<core::RouteKey, core::Route> routes_;
};

}  // namespace regent::app
