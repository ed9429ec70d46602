// SPDX-License-Identifier: Apache-2.0
// Which VRRP sockets are wanted: follows from the configuration and from which interfaces exist.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/core/input.hpp"
#include "agent/platform/vrrp_sockets.hpp"

namespace regent::app {

/// Sees every input before the engine does.
class ListenPlan {
  public:
    /// Returns true when the wanted sockets may have changed.
    bool observe(const core::Input& input);
    /// Where a join has failed: whether it may succeed after `input`. Linux tells of a larger MTU before the
    /// interface has IPv6 and can join a group; an address comes after. Of ours there are some with each
    /// lease.
    static bool may_succeed(const core::Input& input, const std::set<int>& failed_on);
    std::vector<platform::VrrpSockets::Listen> wanted() const;
    /// The same by instance, without those whose interface does not exist or has too small an MTU.
    std::map<std::string, platform::VrrpSockets::Listen> by_instance() const;
    /// Of an interface, for messages: its number where it is gone.
    std::string name_of(int interface_index) const;

  private:
    struct Seen {
        std::string name;
        unsigned mtu = 0;

        bool operator==(const Seen&) const = default;
    };

    std::shared_ptr<const core::Settings> settings_;
    std::map<int, Seen> links_;
};

}  // namespace regent::app
