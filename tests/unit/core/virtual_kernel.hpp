// SPDX-License-Identifier: Apache-2.0
// The links, addresses and routes of one machine that does not exist: it does what the engine asks for and
// answers as agent/platform would.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/core/action.hpp"
#include "agent/core/input.hpp"

namespace regent::core::test {

class VirtualKernel {
  public:
    using Inputs = std::vector<Input>;

    /// A link that is up, with one address of its own.
    Inputs add_link(const std::string& name, const IpAddress& own, std::uint8_t prefix = 24);
    Inputs remove_link(const std::string& name);
    Inputs set_link(const std::string& name, bool up, bool carrier);
    Inputs set_mtu(const std::string& name, unsigned mtu);
    Inputs rename_link(const std::string& name, const std::string& to);
    /// nullptr: there is none of that name.
    const Link* link(const std::string& name) const;
    const Link* link(int index) const;

    /// What a person does with `ip address add` and `ip address del`.
    Inputs add_by_hand(const std::string& device, const IpAddress& address, std::uint8_t prefix);
    Inputs remove_by_hand(const IpAddress& address);

    Inputs perform(const AddAddress& request);
    /// As Linux does: an address that is not there any more is created again.
    Inputs perform(const RenewLease& request);
    Inputs perform(const RemoveAddress& request);
    Inputs perform(const AddRoute& request);
    Inputs perform(const RemoveRoute& request);

    /// Takes away what the clock has left behind.
    Inputs expire();
    std::optional<Instant> next_expiry() const;
    /// A boot: what was set by somebody else than the boot itself is gone.
    void forget_ours();

    KernelSnapshot snapshot() const { return {links_, addresses_}; }
    bool holds(const IpAddress& address) const;
    /// Whether it stands here with our mark.
    bool holds_ours(const IpAddress& address) const;
    /// nullptr: it is not there.
    const KernelAddress* find(int interface_index, const IpAddress& address, std::uint8_t prefix) const;
    std::size_t address_count() const { return addresses_.size(); }
    const std::vector<Route>& routes() const { return routes_; }

    std::set<IpAddress> refuses_to_add;
    std::set<IpAddress> refuses_to_remove;
    bool refuses_routes = false;
    bool marks_ours = true;     ///< false: a kernel before 5.18, which does not report IFA_PROTO
    bool marks_system = false;  ///< as since 5.18: addresses of a link that is added carry a mark too

    std::set<IpAddress> expired;  ///< what a lease took away and nobody has set again

    bool resurrected = false;  ///< an address of `expired` was brought back by a renewal

    Instant clock{};  ///< of this machine; leases are counted on it
    /// How late the kernel is with an expiry: up to 0.4 s on Linux.
    std::function<Duration()> lateness = [] { return Duration::zero(); };

  private:
    struct Lease {
        int interface_index;
        IpAddress address;
        std::uint8_t prefix;
        Instant ends;
    };

    Link& at(const std::string& name);
    bool stands(int interface_index, const IpAddress& address) const;
    void set_lease(int interface_index, const VirtualAddress& address, Duration lease);
    void end_lease(const KernelAddress& address);
    void drop_routes_of_bare(int interface_index, Family family);

    std::vector<Link> links_;
    std::vector<KernelAddress> addresses_;
    std::vector<Lease> leases_;
    std::vector<Route> routes_;
    int next_index_ = 2;
};

}  // namespace regent::core::test
