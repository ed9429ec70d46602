// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/keepalived.hpp"

#include <algorithm>

#include "agent/vrrp/timers.hpp"

namespace regent::sim {

using namespace core;
using vrrp::State;

Actions Keepalived::step(const Input& input, Instant now) {
    now_ = now;
    actions_.clear();
    if (!stopped_) std::visit([this](const auto& what) { on(what); }, input);
    return std::move(actions_);
}

std::optional<Instant> Keepalived::next_deadline() const {
    std::optional<Instant> next;
    for (const auto& router : routers_) {
        for (const auto& at : {router.advert_due, router.down_due}) {
            if (at && (!next || *at < *next)) next = at;
        }
    }
    return next;
}

void Keepalived::on(const ConfigApplied& applied) {
    for (const auto& instance : applied.settings->instances) {
        const auto same = [&](const Router& r) { return r.settings.name == instance.name; };
        auto known = std::find_if(routers_.begin(), routers_.end(), same);
        if (known == routers_.end()) known = routers_.insert(known, Router{});
        const auto old = std::exchange(known->settings, instance);
        if (old.name.empty()) {
            known->priority = instance.priority;
            known->master_interval = instance.advert_interval;
        }
        for (const auto& group : applied.settings->groups) {
            const auto& members = group.members;
            if (std::find(members.begin(), members.end(), instance.name) != members.end())
                known->group = group.name;
        }
        if (known->state == State::master && !(old.addresses == instance.addresses)) {
            set_addresses(old, false);
            set_addresses(instance, true);
        }
        judge(*known);
    }
}

void Keepalived::on(const KernelSnapshot& snapshot) {
    links_.clear();
    own_.clear();
    for (const auto& link : snapshot.links)
        links_[link.name] = link;
    for (const auto& address : snapshot.addresses) {
        if (address.prefix != address.address.full_prefix()) own_.push_back(address);
    }
    const bool first = !std::exchange(known_, true);
    for (auto& router : routers_) {
        if (first) set_addresses(router.settings, false);
        judge(router);
    }
}

void Keepalived::on(const LinkChanged& change) {
    links_[change.link.name] = change.link;
    for (auto& router : routers_)
        judge(router);
}

void Keepalived::on(const AddressVanished& vanished) {
    for (auto& router : routers_) {
        if (router.state != State::master) continue;
        const auto& all = router.settings.addresses;
        if (std::none_of(all.begin(), all.end(),
                         [&](const auto& a) { return a.address == vanished.address.address; }))
            continue;
        advertise(router, vrrp::leaving_priority);
        become_backup(router);
        router.down_due = now_ + skew(router);
        leave_group(router, true);
    }
}

void Keepalived::on(const CheckVerdict& verdict) {
    if (verdict.state == CheckState::down) {
        down_checks_.insert(verdict.check);
    } else {
        down_checks_.erase(verdict.check);
    }
    for (auto& router : routers_)
        judge(router);
}

/// Priority and FAULT follow the links and checks.
void Keepalived::judge(Router& router) {
    if (!known_) return;
    int priority = router.settings.priority;
    for (const auto& tracker : router.settings.checks) {
        if (tracker.weight && down_checks_.contains(tracker.check)) priority += *tracker.weight;
    }
    router.priority = static_cast<std::uint8_t>(std::clamp(priority, 1, 254));
    if (!healthy(router)) {
        if (router.state == State::fault) return;
        if (router.state == State::master) {
            advertise(router, vrrp::leaving_priority);
            set_addresses(router.settings, false);
        }
        router.advert_due.reset();
        router.down_due.reset();
        enter(router, State::fault);
        leave_group(router, true);
    } else if (router.state == State::init || router.state == State::fault) {
        router.master_interval = router.settings.advert_interval;
        enter(router, State::backup);
        arm_down(router);
    }
}

bool Keepalived::healthy(const Router& router) const {
    const auto link = links_.find(router.settings.interface);
    if (link == links_.end() || !link->second.up || !link->second.carrier) return false;
    const auto& checks = router.settings.checks;
    return std::none_of(checks.begin(), checks.end(), [&](const auto& tracker) {
        return !tracker.weight && down_checks_.contains(tracker.check);
    });
}

void Keepalived::on(const PacketReceived& packet) {
    const auto decoded = vrrp::decode(packet.message, packet.source, packet.destination, packet.ttl);
    if (!decoded) return;
    const auto& advert = decoded->advert;
    for (auto& router : routers_) {
        const auto& own = router.settings;
        const auto link = links_.find(own.interface);
        if (link == links_.end() || link->second.index != packet.interface_index) continue;
        if (own.virtual_router_id != advert.virtual_router_id || own.version != advert.version) continue;
        if (own.family != packet.source.family()) continue;
        if (advert.addresses.size() != own.addresses.size()) continue;
        const auto ours = source(router);
        if (!ours || packet.source == *ours) continue;
        if (router.state == State::backup) {
            if (advert.priority == vrrp::leaving_priority) {
                router.down_due = now_ + skew(router);
            } else if (!own.preempt || advert.priority >= router.priority) {
                if (own.version == vrrp::Version::v3) router.master_interval = advert.interval;
                arm_down(router);
            }
        } else if (router.state == State::master) {
            const bool tie = advert.priority == router.priority;
            if (advert.priority > router.priority || (tie && packet.source > *ours)) {
                if (own.version == vrrp::Version::v3) router.master_interval = advert.interval;
                become_backup(router);
                leave_group(router, false);
            } else {
                advertise(router, router.priority);
                router.advert_due = now_ + own.advert_interval;
            }
        }
    }
}

void Keepalived::on(const TimerFired&) {
    for (auto& router : routers_) {
        if (router.advert_due && *router.advert_due <= now_) {
            advertise(router, router.priority);
            router.advert_due = now_ + router.settings.advert_interval;
        }
        if (router.down_due && *router.down_due <= now_) {
            router.down_due.reset();
            router.wants_master = true;
        }
    }
    for (auto& router : routers_) {
        if (router.wants_master && group_ready(router)) become_master(router);
    }
}

void Keepalived::on(const StopRequested&) {
    for (auto& router : routers_) {
        if (router.state == State::master) {
            advertise(router, vrrp::leaving_priority);
            set_addresses(router.settings, false);
        }
        router.advert_due.reset();
        router.down_due.reset();
        enter(router, State::init);
    }
    stopped_ = true;
    actions_.push_back(Stopped{});
}

void Keepalived::advertise(Router& router, std::uint8_t priority) {
    const auto from = source(router);
    const auto link = links_.find(router.settings.interface);
    if (!from || link == links_.end() || !link->second.up || !link->second.carrier) return;
    vrrp::Advert advert;
    advert.version = router.settings.version;
    advert.virtual_router_id = router.settings.virtual_router_id;
    advert.priority = priority;
    advert.interval = router.settings.advert_interval;
    for (const auto& address : router.settings.addresses)
        advert.addresses.push_back(address.address);
    auto destinations = router.settings.unicast_peers;
    if (destinations.empty()) destinations.push_back(vrrp::multicast_group(router.settings.family));
    for (const auto& to : destinations) {
        actions_.push_back(SendAdvert{router.settings.name, link->second.index, *from, to, vrrp::required_ttl,
                                      vrrp::encode(advert, *from, to, vrrp::ChecksumForm::pseudo_header)});
    }
}

void Keepalived::enter(Router& router, State state) {
    router.wants_master = false;
    if (router.state == state) return;
    actions_.push_back(Transition{++sequence_, router.settings.name, router.group, router.state, state,
                                  router.priority, "as keepalived does"});
    router.state = state;
}

void Keepalived::become_master(Router& router) {
    enter(router, State::master);
    advertise(router, router.priority);
    set_addresses(router.settings, true);
    router.down_due.reset();
    router.advert_due = now_ + router.settings.advert_interval;
}

void Keepalived::become_backup(Router& router) {
    if (router.state == State::master) set_addresses(router.settings, false);
    router.advert_due.reset();
    enter(router, State::backup);
    arm_down(router);
}

/// A member drags the others: all are MASTER, or none.
void Keepalived::leave_group(const Router& router, bool with_zero) {
    if (router.group.empty()) return;
    for (auto& other : routers_) {
        if (&other == &router || other.group != router.group || other.state != State::master) continue;
        if (with_zero) advertise(other, vrrp::leaving_priority);
        become_backup(other);
    }
}

bool Keepalived::group_ready(const Router& router) const {
    if (router.group.empty()) return true;
    return std::all_of(routers_.begin(), routers_.end(), [&](const Router& other) {
        return other.group != router.group || other.state == State::master || other.wants_master;
    });
}

void Keepalived::set_addresses(const Instance& settings, bool on) {
    const auto link = links_.find(settings.interface);
    if (link == links_.end()) return;
    for (const auto& address : settings.addresses) {
        if (on) {
            actions_.push_back(AddAddress{link->second.index, address, Duration::zero()});
        } else {
            actions_.push_back(RemoveAddress{link->second.index, address.address, address.prefix});
        }
    }
}

void Keepalived::arm_down(Router& router) {
    router.wants_master = false;
    router.down_due = now_ + vrrp::master_down_interval(router.settings.version, router.priority,
                                                        router.master_interval, router.settings.down_adverts);
}

std::optional<IpAddress> Keepalived::source(const Router& router) const {
    const auto link = links_.find(router.settings.interface);
    if (link == links_.end()) return std::nullopt;
    for (const auto& own : own_) {
        if (own.interface_index == link->second.index && own.address.family() == router.settings.family)
            return own.address;
    }
    return std::nullopt;
}

Duration Keepalived::skew(const Router& router) const {
    return vrrp::skew_time(router.settings.version, router.priority, router.master_interval);
}

}  // namespace regent::sim
