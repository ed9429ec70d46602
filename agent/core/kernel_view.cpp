// SPDX-License-Identifier: Apache-2.0
#include "agent/core/kernel_view.hpp"

#include <algorithm>

namespace regent::core {
namespace {

bool same_place(const KernelAddress& a, const KernelAddress& b) {
    return a.address == b.address && a.prefix == b.prefix;
}

}  // namespace

void KernelView::set_link(const Link& link, Instant now) {
    auto& state = links_[link.index];
    // A snapshot may have given that name to another link already.
    if (state.link.name != link.name) release_name(state.link.name, link.index);
    state.link = link;
    index_by_name_[link.name] = link.index;
    if (link.up && link.carrier) {
        state.down_since.reset();
    } else if (!state.down_since) {
        state.down_since = now;
    }
}

void KernelView::remove_link(int index) {
    const auto found = links_.find(index);
    if (found == links_.end()) return;
    release_name(found->second.link.name, index);
    links_.erase(found);
    addresses_.erase(index);
}

void KernelView::release_name(const std::string& name, int index) {
    const auto named = index_by_name_.find(name);
    if (named != index_by_name_.end() && named->second == index) index_by_name_.erase(named);
}

std::vector<int> KernelView::keep_only(const std::vector<Link>& links) {
    std::vector<int> gone;
    for (const auto& [index, state] : links_) {
        const bool kept = std::any_of(links.begin(), links.end(),
                                      [index = index](const Link& l) { return l.index == index; });
        if (!kept) gone.push_back(index);
    }
    for (const int index : gone)
        remove_link(index);
    return gone;
}

void KernelView::add_address(const KernelAddress& address) {
    if (address.ours) return;
    auto& list = addresses_[address.interface_index];
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& a) { return same_place(a, address); });
    if (found == list.end()) {
        list.push_back(address);
    } else {
        *found = address;
    }
}

void KernelView::remove_address(const KernelAddress& address) {
    auto& list = addresses_[address.interface_index];
    std::erase_if(list, [&](const auto& a) { return same_place(a, address); });
}

const KernelView::LinkState* KernelView::link(int index) const {
    const auto found = links_.find(index);
    return found == links_.end() ? nullptr : &found->second;
}

const KernelView::LinkState* KernelView::link(const std::string& name) const {
    const auto found = index_by_name_.find(name);
    return found == index_by_name_.end() ? nullptr : link(found->second);
}

bool KernelView::has_foreign(const std::string& device, const IpAddress& address, std::uint8_t prefix) const {
    const auto* known = link(device);
    if (!known) return false;
    const auto& list = addresses(known->link.index);
    return std::any_of(list.begin(), list.end(), [&](const auto& a) {
        // Linux knows an IPv6 address once an interface, whatever its prefix.
        return a.address == address && (a.prefix == prefix || address.is_ipv6());
    });
}

const std::vector<KernelAddress>& KernelView::addresses(int interface_index) const {
    static const std::vector<KernelAddress> empty;
    const auto found = addresses_.find(interface_index);
    return found == addresses_.end() ? empty : found->second;
}

}  // namespace regent::core
