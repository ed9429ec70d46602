// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/core/virtual_kernel.hpp"

#include <algorithm>
#include <stdexcept>

namespace regent::core::test {
namespace {

constexpr const char* refusal = "Operation not permitted";

template <class List>
auto place_of(List& list, int interface_index, const IpAddress& address, std::uint8_t prefix) {
    return std::find_if(list.begin(), list.end(), [&](const KernelAddress& a) {
        return a.interface_index == interface_index && a.address == address && a.prefix == prefix;
    });
}

}  // namespace

Link& VirtualKernel::at(const std::string& name) {
    const auto found =
        std::find_if(links_.begin(), links_.end(), [&](const Link& l) { return l.name == name; });
    if (found == links_.end()) throw std::logic_error("no link " + name);
    return *found;
}

const Link* VirtualKernel::link(const std::string& name) const {
    for (const auto& link : links_) {
        if (link.name == name) return &link;
    }
    return nullptr;
}

const Link* VirtualKernel::link(int index) const {
    for (const auto& link : links_) {
        if (link.index == index) return &link;
    }
    return nullptr;
}

VirtualKernel::Inputs VirtualKernel::add_link(const std::string& name, const IpAddress& own,
                                              std::uint8_t prefix) {
    Link link;
    link.index = next_index_++;
    link.name = name;
    link.up = link.carrier = true;
    link.mac.bytes = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(link.index)};
    links_.push_back(link);
    Inputs seen{LinkChanged{link}};
    addresses_.push_back({link.index, own, prefix, false, true, marks_system});
    seen.push_back(AddressAppeared{addresses_.back()});
    return seen;
}

VirtualKernel::Inputs VirtualKernel::remove_link(const std::string& name) {
    const int index = at(name).index;
    Inputs seen;
    for (const auto& address : addresses_) {
        if (address.interface_index == index) seen.push_back(AddressVanished{address});
    }
    std::erase_if(leases_, [=](const auto& l) { return l.interface_index == index; });
    std::erase_if(addresses_, [=](const auto& a) { return a.interface_index == index; });
    std::erase_if(links_, [=](const auto& l) { return l.index == index; });
    seen.push_back(LinkRemoved{index});
    return seen;
}

VirtualKernel::Inputs VirtualKernel::set_link(const std::string& name, bool up, bool carrier) {
    auto& link = at(name);
    link.up = up;
    link.carrier = carrier;
    // fib_disable_ip() of net/ipv4: without a word to who has set them.
    if (!up) std::erase_if(routes_, [&](const Route& route) { return route.device == name; });
    return {LinkChanged{link}};
}

VirtualKernel::Inputs VirtualKernel::set_mtu(const std::string& name, unsigned mtu) {
    at(name).mtu = mtu;
    return {LinkChanged{at(name)}};
}

VirtualKernel::Inputs VirtualKernel::rename_link(const std::string& name, const std::string& to) {
    auto& link = at(name);
    link.name = to;
    return {LinkChanged{link}};
}

VirtualKernel::Inputs VirtualKernel::add_by_hand(const std::string& device, const IpAddress& address,
                                                 std::uint8_t prefix) {
    addresses_.push_back({at(device).index, address, prefix, false, true});
    return {AddressAppeared{addresses_.back()}};
}

VirtualKernel::Inputs VirtualKernel::remove_by_hand(const IpAddress& address) {
    Inputs seen;
    std::erase_if(addresses_, [&](const KernelAddress& a) {
        if (a.address != address) return false;
        seen.push_back(AddressVanished{a});
        end_lease(a);
        return true;
    });
    for (const auto& each : seen)
        drop_routes_of_bare(std::get<AddressVanished>(each).address.interface_index, address.family());
    return seen;
}

/// fib_disable_ip() of net/ipv4, when the last address has gone: again without a word.
void VirtualKernel::drop_routes_of_bare(int interface_index, Family family) {
    const bool bare = std::none_of(addresses_.begin(), addresses_.end(), [&](const KernelAddress& a) {
        return a.interface_index == interface_index && a.address.family() == family;
    });
    if (!bare) return;
    std::erase_if(routes_, [&, name = link(interface_index)->name](const Route& route) {
        return route.device == name && route.destination.family() == family;
    });
}

VirtualKernel::Inputs VirtualKernel::perform(const AddAddress& request) {
    const auto& wanted = request.address;
    if (clock > request.not_after)
        return {AddressNotTried{request.interface_index, wanted.address, wanted.prefix}};
    if (!link(request.interface_index) || refuses_to_add.contains(wanted.address))
        return {AddressRefused{request.interface_index, wanted.address, wanted.prefix, true, refusal}};
    // EEXIST: agent/platform says nothing about it.
    if (place_of(addresses_, request.interface_index, wanted.address, wanted.prefix) != addresses_.end())
        return {};
    if (wanted.address.is_ipv6() && stands(request.interface_index, wanted.address)) return {};
    addresses_.push_back(
        {request.interface_index, wanted.address, wanted.prefix, marks_ours, true, marks_ours});
    expired.erase(wanted.address);
    set_lease(request.interface_index, wanted, request.lease);
    return {AddressAppeared{addresses_.back()}};
}

VirtualKernel::Inputs VirtualKernel::perform(const RenewLease& request) {
    if (clock > request.not_after) return {};
    const auto& wanted = request.address;
    if (!find(request.interface_index, wanted.address, wanted.prefix)) {
        resurrected = resurrected || expired.contains(wanted.address);
        return perform(AddAddress{request.interface_index, wanted, request.lease});
    }
    set_lease(request.interface_index, wanted, request.lease);
    return {};
}

VirtualKernel::Inputs VirtualKernel::perform(const RemoveAddress& request) {
    if (refuses_to_remove.contains(request.address))
        return {AddressRefused{request.interface_index, request.address, request.prefix, false, refusal}};
    const auto found = place_of(addresses_, request.interface_index, request.address, request.prefix);
    if (found == addresses_.end()) return {};  // EADDRNOTAVAIL: likewise
    const KernelAddress gone = *found;
    end_lease(gone);
    addresses_.erase(found);
    return {AddressVanished{gone}};
}

VirtualKernel::Inputs VirtualKernel::perform(const AddRoute& request) {
    if (refuses_routes) return {RouteRefused{request.route, true, refusal}};
    if (std::find(routes_.begin(), routes_.end(), request.route) == routes_.end())
        routes_.push_back(request.route);
    return {};
}

VirtualKernel::Inputs VirtualKernel::perform(const RemoveRoute& request) {
    if (refuses_routes) return {RouteRefused{request.route, false, refusal}};
    std::erase(routes_, request.route);
    return {};
}

void VirtualKernel::set_lease(int interface_index, const VirtualAddress& address, Duration lease) {
    end_lease({interface_index, address.address, address.prefix});
    if (lease > Duration::zero())
        leases_.push_back({interface_index, address.address, address.prefix, clock + lease + lateness()});
}

void VirtualKernel::end_lease(const KernelAddress& address) {
    std::erase_if(leases_, [&](const Lease& lease) {
        return lease.interface_index == address.interface_index && lease.address == address.address &&
               lease.prefix == address.prefix;
    });
}

VirtualKernel::Inputs VirtualKernel::expire() {
    Inputs seen;
    std::erase_if(leases_, [&](const Lease& lease) {
        if (lease.ends > clock) return false;
        const auto found = place_of(addresses_, lease.interface_index, lease.address, lease.prefix);
        seen.push_back(AddressVanished{*found});
        expired.insert(lease.address);
        addresses_.erase(found);
        return true;
    });
    return seen;
}

std::optional<Instant> VirtualKernel::next_expiry() const {
    std::optional<Instant> next;
    for (const auto& lease : leases_) {
        if (!next || lease.ends < *next) next = lease.ends;
    }
    return next;
}

void VirtualKernel::forget_ours() {
    std::erase_if(addresses_, [](const auto& a) { return a.ours; });
    leases_.clear();
}

const KernelAddress* VirtualKernel::find(int interface_index, const IpAddress& address,
                                         std::uint8_t prefix) const {
    const auto found = place_of(addresses_, interface_index, address, prefix);
    return found == addresses_.end() ? nullptr : &*found;
}

bool VirtualKernel::stands(int interface_index, const IpAddress& address) const {
    return std::any_of(addresses_.begin(), addresses_.end(), [&](const auto& a) {
        return a.interface_index == interface_index && a.address == address;
    });
}

bool VirtualKernel::holds_ours(const IpAddress& address) const {
    return std::any_of(addresses_.begin(), addresses_.end(),
                       [&](const auto& a) { return a.ours && a.address == address; });
}

bool VirtualKernel::holds(const IpAddress& address) const {
    return std::any_of(addresses_.begin(), addresses_.end(),
                       [&](const auto& a) { return a.address == address; });
}

}  // namespace regent::core::test
