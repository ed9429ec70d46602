// SPDX-License-Identifier: Apache-2.0
// Engine, what the kernel says: links and addresses, refusals, and the whole truth after an overrun.
#include "agent/base/text.hpp"
#include "agent/core/engine_state.hpp"

namespace regent::core {
namespace {

bool carries(const Link& link) {
    return link.up && link.carrier;
}

}  // namespace

/// What was announced before a link came back, or under another MAC, has reached nobody or leads nowhere.
void Engine::State::set_link(const Link& link, Instant now) {
    const auto* known = kernel.link(link.index);
    if (known && carries(link) && (!carries(known->link) || known->link.mac != link.mac))
        announcer.repeat_all(link.name);
    kernel.set_link(link, now);
}

void Engine::State::on(const LinkChanged& change, Turn& turn) {
    const auto* known = kernel.link(change.link.index);
    if (known && known->link == change.link) return;
    const bool appeared = known == nullptr || known->link.name != change.link.name;
    if (appeared && known) {
        plan.link_renamed(known->link.name, change.link.name);
        for (const auto& address : kernel.addresses(change.link.index))
            plan.appeared(change.link.name, address);
    }
    const bool comes_up = change.link.up && (appeared || !known->link.up);
    set_link(change.link, turn.now);
    if (appeared) plan.link_appeared(change.link.name);
    if (comes_up) restore_routes(change.link.name, turn);
    all_due = true;
}

void Engine::State::restore_routes(const std::string& device, Turn& turn) {
    for (auto& [id, router] : routers)
        router->restore_routes(device, turn);
}

void Engine::State::on(const LinkRemoved& removed, Turn&) {
    const auto* known = kernel.link(removed.index);
    if (!known) return;
    plan.link_removed(known->link.name);
    kernel.remove_link(removed.index);
    all_due = true;
}

bool Engine::State::add_address(const KernelAddress& address) {
    const auto* link = kernel.link(address.interface_index);
    if (!link) return false;
    KernelAddress judged = address;
    judged.ours = plan.appeared(link->link.name, address);
    if (judged.ours) return false;
    kernel.add_address(judged);
    all_due = true;
    return true;
}

void Engine::State::on(const AddressAppeared& appeared, Turn& turn) {
    const auto& address = appeared.address;
    if (!add_address(address)) return;
    const auto& device = kernel.link(address.interface_index)->link.name;
    plan.address_came(device, address.address.family(), turn.now);
    for (auto& [id, router] : routers)
        router->restore_routes(device, address.address, turn);
}

void Engine::State::on(const AddressVanished& vanished, Turn& turn) {
    const auto* link = kernel.link(vanished.address.interface_index);
    if (!link) return;
    plan.vanished(link->link.name, vanished.address, turn.now);
    kernel.remove_address(vanished.address);
    if (!vanished.address.ours) all_due = true;
}

void Engine::State::on(const KernelSnapshot& snapshot, Turn& turn) {
    kernel.keep_only(snapshot.links);
    for (const auto& link : snapshot.links) {
        const auto* known = kernel.link(link.index);
        const bool appeared = known == nullptr || known->link.name != link.name;
        set_link(link, turn.now);
        if (appeared) plan.link_appeared(link.name);
        restore_routes(link.name, turn);
    }
    kernel.clear_addresses();
    plan.begin_snapshot();
    // Whether this kernel reports marks must be known before the first address is judged.
    for (const auto& address : snapshot.addresses) {
        if (address.marked || address.ours) plan.end_recall();
    }
    for (const auto& address : snapshot.addresses)
        add_address(address);
    plan.end_recall();
    if (kernel_known) {
        turn.log(LogLevel::warning, {},
                 "notifications of the kernel were lost: links and addresses were read anew");
    }
    kernel_known = true;
    all_due = true;
}

void Engine::State::on(const AddressRefused& refused, Turn& turn) {
    const auto* link = kernel.link(refused.interface_index);
    if (!link) return;
    plan.refused({link->link.name, refused.address, refused.prefix}, refused.adding, refused.reason,
                 turn.now);
}

void Engine::State::on(const AddressNotTried& request, Turn&) {
    const auto* link = kernel.link(request.interface_index);
    if (link) plan.not_tried({link->link.name, request.address, request.prefix});
}

void Engine::State::on(const RouteRefused& refused, Turn& turn) {
    for (auto& [id, router] : routers) {
        for (const auto& route : router->settings().routes) {
            if (!(route == refused.route)) continue;
            router->route_refused(route, refused.reason, turn);
            schedule(group_of.at(id), turn.now);
            return;
        }
    }
    turn.log(LogLevel::error, {},
             concat("the kernel refused to remove the route to ", refused.route.destination, "/",
                    refused.route.prefix, ": ", refused.reason));
}

}  // namespace regent::core
