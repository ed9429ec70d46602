// SPDX-License-Identifier: Apache-2.0
#include "agent/core/engine.hpp"

#include <algorithm>
#include <utility>

#include "agent/base/text.hpp"
#include "agent/core/engine_state.hpp"

namespace regent::core {

Engine::Engine() : state_(std::make_unique<State>()) {}
Engine::~Engine() = default;

Actions Engine::step(const Input& input, Instant now) {
    Actions actions;
    Turn turn = state_->turn(now, actions);
    std::visit([&](const auto& what) { state_->on(what, turn); }, input);
    return actions;
}

std::optional<Instant> Engine::next_deadline() const {
    return state_->next_deadline();
}

std::vector<InstanceStatus> Engine::status() const {
    Actions unused;
    const Turn turn = state_->turn(Instant{}, unused);
    std::vector<InstanceStatus> all;
    for (const auto& [id, router] : state_->routers)
        all.push_back(state_->status_of(*router, turn));
    return all;
}

std::optional<Counters> Engine::counters(const std::string& instance) const {
    const auto* router = state_->router_named(instance);
    if (!router) return std::nullopt;
    return router->counters();
}

void Engine::State::schedule(GroupId group, std::optional<Instant> at) {
    const auto known = deadline_of.find(group);
    if (known != deadline_of.end()) {
        due.erase({known->second, group});
        deadline_of.erase(known);
    }
    if (!at) return;
    deadline_of[group] = *at;
    due.insert({*at, group});
}

std::optional<Instant> Engine::State::next_deadline() const {
    if (!ready()) return std::nullopt;
    if (all_due || !to_publish.empty() || !sent.empty() || may_resume) return Instant::min();
    std::optional<Instant> next;
    const auto consider = [&next](std::optional<Instant> at) {
        if (at && (!next || *at < *next)) next = at;
    };
    if (!due.empty()) consider(due.begin()->first);
    consider(plan.next_deadline());
    consider(announcer.next_deadline());
    consider(discards.next_deadline());
    consider(lateness.next_deadline());
    consider(health.next_deadline());
    return next;
}

void Engine::State::on(const PacketReceived& packet, Turn& turn) {
    const auto* link = kernel.link(packet.interface_index);
    if (!link || !settings) return;
    const auto& interface = link->link.name;
    VirtualRouter* router = nullptr;
    const auto head = vrrp::peek(packet.message);
    if (head) {
        const auto found = by_key.find({interface, packet.source.family(), head->virtual_router_id});
        if (found != by_key.end()) router = found->second;
    }
    const auto discard = [&](vrrp::Discard reason) {
        std::string detail;
        if (reason == vrrp::Discard::ttl) {
            detail = concat("it is ", packet.ttl);
            // Keepalived 2.2.7 sends unicast IPv6 with the system's default hop limit.
            if (!packet.destination.is_multicast()) detail += "; unicast_ttl below 255 accepts any";
        }
        if (reason == vrrp::Discard::unknown_vrid && head) {
            detail = concat("VRID ", static_cast<unsigned>(head->virtual_router_id));
        }
        if (router) return router->discard(reason, packet.source, detail, turn);
        ++unclaimed_discards[static_cast<std::size_t>(reason)];
        discards.add(interface, packet.source, reason, detail, turn.now, turn.actions);
    };
    const auto leniency = router ? router->leniency() : vrrp::Leniency{};
    const auto decoded =
        vrrp::decode(packet.message, packet.source, packet.destination, packet.ttl, leniency);
    if (!decoded) return discard(decoded.error());
    if (!router) return discard(vrrp::Discard::unknown_vrid);
    const GroupId group = group_of.at(router->id());
    if (groups.at(group)->receive(*router, *decoded, packet.source, packet.destination, turn)) {
        schedule(group, turn.now);
    }
}

/// Told where a router of ours could be meant. Which one is not asked: what AH protects is not ours to read.
void Engine::State::on(const AhHeard& heard, Turn& turn) {
    const auto* link = kernel.link(heard.interface_index);
    if (!link) return;
    const auto& interface = link->link.name;
    const auto first = by_key.lower_bound({interface, heard.source.family(), 0});
    if (first == by_key.end() || first->first.interface != interface ||
        first->first.family != heard.source.family()) {
        return;
    }
    ++unclaimed_discards[static_cast<std::size_t>(vrrp::Discard::ah)];
    discards.add(interface, heard.source, vrrp::Discard::ah, {}, turn.now, turn.actions);
}

void Engine::State::on(const TimerFired&, Turn& turn) {
    if (!ready()) return;
    if (suspending) return suspend(turn);
    confirm_adverts(turn);
    if (may_resume) resume(turn);
    if (health.run(turn.now)) all_due = true;
    for (const auto& check : health.end_overrides(turn.now)) {
        all_due = memory_stale = true;
        turn.log(LogLevel::notice, {}, concat("The override of check ", check, " has ended"));
    }
    deliver_plan_events(turn);
    run_due_groups(turn);
    plan.reconcile(turn.now, kernel, turn.actions);
    deliver_plan_events(turn);
    for (auto& [id, router] : routers)
        router->run_routes(turn);
    announcer.run(turn.now, kernel, turn.actions);
    discards.run(turn.now, turn.actions);
    lateness.run(turn.now, turn.actions);
    publish(turn);
    if (!stopping || stop_told || !plan.settled()) return;
    const bool stopped =
        std::all_of(groups.begin(), groups.end(), [](const auto& g) { return g.second->stopped(); });
    if (!stopped) return;
    stop_told = true;
    turn.actions.push_back(Stopped{});
}

void Engine::State::run_due_groups(Turn& turn) {
    std::vector<GroupId> now_due;
    if (all_due) {
        for (const auto& [id, group] : groups)
            now_due.push_back(id);
    } else {
        for (auto at = due.begin(); at != due.end() && at->first <= turn.now; ++at)
            now_due.push_back(at->second);
    }
    all_due = false;
    for (const GroupId id : now_due) {
        auto& group = *groups.at(id);
        group.run(turn);
        schedule(id, group.next_deadline(turn));
    }
}

void Engine::State::deliver_plan_events(Turn& turn) {
    for (const auto& event : plan.take_events()) {
        const auto router = routers.find(event.owner);
        if (router == routers.end()) continue;
        const GroupId group = group_of.at(event.owner);
        groups.at(group)->address_event(*router->second, event, turn);
        schedule(group, turn.now);
    }
}

/// Of earlier steps: what could not leave has been told by SendFailed since.
void Engine::State::confirm_adverts(Turn& turn) {
    for (const auto id : std::exchange(sent, {})) {
        const auto router = routers.find(id);
        if (router != routers.end()) router->second->confirm_advert(turn);
    }
}

void Engine::State::publish(Turn& turn) {
    memory_stale = memory_stale || !to_publish.empty();
    for (const auto id : to_publish) {
        const auto router = routers.find(id);
        if (router != routers.end()) turn.actions.push_back(PublishState{status_of(*router->second, turn)});
    }
    to_publish.clear();
    if (std::exchange(memory_stale, false)) remember(turn);
}

InstanceStatus Engine::State::status_of(const VirtualRouter& router, const Turn& turn) const {
    auto status = router.status(turn);
    const auto& group = *groups.at(group_of.at(router.id()));
    status.held = group.held();
    status.weights = group.weights();
    status.last_resort = group.last_resort();
    status.last_resort_cause = group.last_resort_cause();
    status.degraded = group.degraded() && status.state == vrrp::State::master;
    return status;
}

VirtualRouter* Engine::State::router_named(const std::string& name) {
    for (const auto& [id, router] : routers) {
        if (router->name() == name) return router.get();
    }
    return nullptr;
}

void Engine::State::on(const SendFailed& failed, Turn& turn) {
    auto* router = router_named(failed.instance);
    if (!router) return;
    router->count_send_failure(failed.reason, turn);
    schedule(group_of.at(router->id()), turn.now);
}

void Engine::State::on(const HearingChanged& hearing, Turn&) {
    auto* router = router_named(hearing.instance);
    if (router && router->set_deafness(hearing.problem)) all_due = true;
}

void Engine::State::on(const CheckVerdict& verdict, Turn& turn) {
    if (health.verdict(verdict, turn.now)) all_due = memory_stale = true;
}

void Engine::State::on(const StopRequested& request, Turn& turn) {
    stopping = true;
    if (!ready() && !stop_told) {
        stop_told = true;
        turn.actions.push_back(Stopped{});
    }
    for (auto& [id, group] : groups) {
        group->stop(request.at_once, turn);
        schedule(id, turn.now);
    }
    all_due = true;
}

}  // namespace regent::core
