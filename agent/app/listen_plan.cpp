// SPDX-License-Identifier: Apache-2.0
#include "agent/app/listen_plan.hpp"

#include <utility>

#include "agent/vrrp/packet.hpp"

namespace regent::app {
namespace {

/// Below it Linux takes a family off the interface, and the memberships of sockets with it, for good: they
/// must be made anew (inetdev_event() of net/ipv4/devinet.c, addrconf_notify() of net/ipv6/addrconf.c).
unsigned least_mtu(Family family) {
    constexpr unsigned ipv4 = 68;
    constexpr unsigned ipv6 = 1280;
    return family == Family::ipv4 ? ipv4 : ipv6;
}

}  // namespace

bool ListenPlan::observe(const core::Input& input) {
    if (const auto* applied = std::get_if<core::ConfigApplied>(&input)) {
        settings_ = applied->settings;
        return true;
    }
    if (const auto* changed = std::get_if<core::LinkChanged>(&input)) {
        const Seen now{changed->link.name, changed->link.mtu};
        return std::exchange(links_[changed->link.index], now) != now;
    }
    if (const auto* removed = std::get_if<core::LinkRemoved>(&input)) return links_.erase(removed->index) > 0;
    if (const auto* snapshot = std::get_if<core::KernelSnapshot>(&input)) {
        links_.clear();
        for (const auto& link : snapshot->links)
            links_[link.index] = {link.name, link.mtu};
        return true;
    }
    return false;
}

bool ListenPlan::may_succeed(const core::Input& input, const std::set<int>& failed_on) {
    const auto* appeared = std::get_if<core::AddressAppeared>(&input);
    return appeared && !appeared->address.ours && failed_on.contains(appeared->address.interface_index);
}

std::map<std::string, platform::VrrpSockets::Listen> ListenPlan::by_instance() const {
    std::map<std::string, platform::VrrpSockets::Listen> sockets;
    if (!settings_) return sockets;
    std::map<std::string, int> index_of;
    for (const auto& [index, link] : links_)
        index_of[link.name] = index;
    for (const auto& instance : settings_->instances) {
        const auto link = index_of.find(instance.interface);
        if (link == index_of.end() || links_.at(link->second).mtu < least_mtu(instance.family)) continue;
        auto& listen = sockets[instance.name];
        listen = {instance.interface, link->second, instance.family, {}};
        if (instance.unicast_peers.empty()) {
            listen.groups.insert(instance.multicast_group.value_or(vrrp::multicast_group(instance.family)));
        }
    }
    return sockets;
}

std::vector<platform::VrrpSockets::Listen> ListenPlan::wanted() const {
    std::vector<platform::VrrpSockets::Listen> sockets;
    for (auto& [instance, listen] : by_instance())
        sockets.push_back(listen);
    return sockets;
}

std::string ListenPlan::name_of(int interface_index) const {
    const auto found = links_.find(interface_index);
    return found == links_.end() ? "interface " + std::to_string(interface_index) : found->second.name;
}

}  // namespace regent::app
