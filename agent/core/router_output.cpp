// SPDX-License-Identifier: Apache-2.0
// VirtualRouter, the sending half: advertisements, addresses, announcements, routes, status.
#include <algorithm>
#include <utility>

#include "agent/base/text.hpp"
#include "agent/core/virtual_router.hpp"

namespace regent::core {
namespace {

constexpr Duration first_route_retry = std::chrono::seconds(1);
constexpr Duration last_route_retry = std::chrono::seconds(60);
constexpr Duration restore_spacing = std::chrono::milliseconds(100);
constexpr Duration failure_report_spacing = std::chrono::minutes(1);
constexpr int retries_an_interval = 10;
constexpr Duration announce_spacing = std::chrono::seconds(1);  // rules.md 3

}  // namespace

std::vector<IpAddress> VirtualRouter::advertised(const KernelView& kernel) const {
    const auto* link = kernel.link(settings_.interface);
    const unsigned mtu = link ? link->link.mtu : 1500;
    const auto capacity = vrrp::address_capacity(settings_.version, settings_.family, mtu);
    std::vector<IpAddress> list;
    for (const auto& address : settings_.addresses) {
        if (list.size() == capacity) break;
        list.push_back(address.address);
    }
    return list;
}

void VirtualRouter::tell_left_out(std::size_t count, Turn& turn) {
    if (count == left_out_) return;
    left_out_ = count;
    if (count == 0) return;
    turn.log(LogLevel::warning, name(),
             concat("one advertisement does not hold all addresses: the last ", count,
                    " are set, but not advertised"));
}

void VirtualRouter::send(std::uint8_t priority, Turn& turn) {
    const auto* link = turn.kernel.link(settings_.interface);
    const auto from = source(turn.kernel);
    if (!link || link->down_since || !from) return;
    vrrp::Advert advert;
    advert.version = settings_.version;
    advert.virtual_router_id = settings_.virtual_router_id;
    advert.priority = priority;
    advert.interval = settings_.advert_interval;
    advert.addresses = advertised(turn.kernel);
    tell_left_out(settings_.addresses.size() - advert.addresses.size(), turn);
    if (settings_.password) advert.password = vrrp::make_password(*settings_.password);
    auto destinations = settings_.unicast_peers;
    if (destinations.empty()) destinations.push_back(multicast_group());
    const std::uint8_t ttl = settings_.unicast_peers.empty() ? vrrp::required_ttl : settings_.unicast_ttl;
    for (const auto& to : destinations) {
        turn.actions.push_back(
            SendAdvert{name(), link->link.index, *from, to, ttl,
                       vrrp::encode(advert, *from, to, peers_.checksum_form(settings_.checksum))});
    }
    ++counters_.adverts_sent;
    if (priority == vrrp::leaving_priority) {
        ++counters_.priority_zero_sent;
        unsent_ = 0;
        return;
    }
    sent_at_ = turn.now;
    sent_peer_down_ = peer_down();
    unsent_ = destinations.size();
    turn.sent.insert(id_);
}

std::vector<AddressKey> VirtualRouter::address_keys() const {
    std::vector<AddressKey> keys;
    for (const auto* list : {&settings_.addresses, &settings_.addresses_excluded}) {
        for (const auto& address : *list)
            keys.push_back({address.device, address.address, address.prefix});
    }
    return keys;
}

void VirtualRouter::take_addresses(Turn& turn) {
    turn.plan.desire(id_, true, turn.now);
    // After priority 0 somebody else may have announced them.
    if (state_ == vrrp::State::yielding) turn.plan.tell_held(id_);
    if (!settings_.routes.empty()) {
        routes_due_ = turn.now;
        routes_backoff_ = Duration::zero();
    }
}

void VirtualRouter::drop_addresses(Turn& turn) {
    if (relieved_) return;  // dropped when the next master was heard
    for (const auto& route : settings_.routes)
        turn.actions.push_back(RemoveRoute{route});
    routes_due_.reset();
    announce_due_.reset();
    for (const auto& key : address_keys())
        turn.announcer.stop(key);
    turn.plan.desire(id_, false, turn.now);
}

void VirtualRouter::announce_again(Turn& turn) {
    // The last burst is the one that counts: who taught the network last is believed.
    if (announced_again_at_ && turn.now < *announced_again_at_ + announce_spacing) {
        announce_due_ = *announced_again_at_ + announce_spacing;
        return;
    }
    announce_due_.reset();
    announced_again_at_ = turn.now;
    for (const auto& key : address_keys())
        turn.announcer.repeat(key);
}

void VirtualRouter::address_held(const AddressKey& key, Turn& turn) {
    turn.to_publish.insert(id_);
    if (state_ != vrrp::State::master) return;
    turn.announcer.start(key, settings_.gratuitous, turn.now);
    // A route whose preferred source went away went with it.
    if (!settings_.routes.empty()) routes_due_ = turn.now;
}

void VirtualRouter::restore_routes(const std::string& device, Turn& turn) {
    const auto over_it = [&](const Route& route) { return route.device == device; };
    const auto& routes = settings_.routes;
    if (is_master() && std::any_of(routes.begin(), routes.end(), over_it)) routes_due_ = turn.now;
}

/// With the last address of a device its routes go, without a word; and where IPv6 comes up, the kernel takes
/// them only when it has an address. Others may set addresses all the time: then not with each of them.
void VirtualRouter::restore_routes(const std::string& device, const IpAddress& come, Turn& turn) {
    const auto waited_for = [&](const Route& route) {
        return route.device == device && route.destination.family() == come.family();
    };
    const auto& routes = settings_.routes;
    if (!is_master() || std::none_of(routes.begin(), routes.end(), waited_for)) return;
    const Instant at =
        routes_restored_at_ ? std::max(*routes_restored_at_ + restore_spacing, turn.now) : turn.now;
    if (!routes_due_ || at < *routes_due_) routes_due_ = routes_restored_at_ = at;
}

void VirtualRouter::run_routes(Turn& turn) {
    if (!routes_due_ || *routes_due_ > turn.now) return;
    routes_due_.reset();
    for (const auto& route : settings_.routes)
        turn.actions.push_back(AddRoute{route});
}

void VirtualRouter::route_refused(const Route& route, const std::string& reason, Turn& turn) {
    const bool holds = state_ == vrrp::State::master;
    // One wait for all that were refused at a time; and one that is due sooner stays so.
    if (holds && !routes_due_) {
        routes_backoff_ = std::clamp(routes_backoff_ * 2, first_route_retry, last_route_retry);
        routes_due_ = turn.now + routes_backoff_;
    }
    turn.log(LogLevel::error, name(),
             concat("the kernel refused ", holds ? "" : "to remove ", "the route to ", route.destination, "/",
                    route.prefix, ": ", reason, holds ? "; next try in " : "",
                    holds ? to_text(std::max(*routes_due_ - turn.now, Duration::zero())) : std::string()));
}

void VirtualRouter::confirm_advert(Turn& turn) {
    if (std::exchange(unsent_, 0) == 0) return;
    advertised_at_ = sent_at_;
    // The state file is to have it.
    if (advertised_peer_down_ != sent_peer_down_) turn.to_publish.insert(id_);
    advertised_peer_down_ = sent_peer_down_;
    // One that has just yielded to a winning advertisement has said its last.
    if (!is_master()) return;
    turn.actions.push_back(RecordAdvert{slot_, sent_at_});
    // What left before a stall renews nothing after it.
    if (stalled(turn.now)) return;
    const auto before = turn.actions.size();
    turn.plan.renew(id_, turn.now, turn.kernel, turn.actions);
    counters_.lease_renewals += turn.actions.size() - before;
}

void VirtualRouter::count_send_failure(const std::string& reason, Turn& turn) {
    ++counters_.send_failures;
    // To none of its destinations: sooner than in a whole interval, for a peer counts what it misses.
    if (unsent_ > 0 && --unsent_ == 0 && advert_due_)
        advert_due_ = std::min(*advert_due_, turn.now + settings_.advert_interval / retries_an_interval);
    if (send_failure_told_at_ && turn.now - *send_failure_told_at_ < failure_report_spacing) return;
    send_failure_told_at_ = turn.now;
    turn.log(LogLevel::error, name(), concat("an advertisement could not be sent: ", reason));
}

Memory::Router VirtualRouter::remember() const {
    Memory::Router memory;
    memory.key = key_of(settings_);
    memory.addresses = address_keys();
    memory.master = is_master();
    if (memory.master) memory.last_advert = advertised_at_;
    memory.trusted = peers_.trusted();
    memory.peer_down = memory.master ? advertised_peer_down_ : peer_down();
    return memory;
}

InstanceStatus VirtualRouter::status(const Turn& turn) const {
    InstanceStatus status;
    status.name = name();
    status.interface = settings_.interface;
    status.group = group_;
    status.virtual_router_id = settings_.virtual_router_id;
    status.state = vrrp::visible(state_);
    status.priority = settings_.priority;
    status.effective_priority = effective_;
    status.reason = reason_;
    status.master = status.state == vrrp::State::master ? source(turn.kernel) : other_master_;
    status.since = since_;
    status.addresses = turn.plan.held(id_);
    status.peers = peers_.seen();
    return status;
}

}  // namespace regent::core
