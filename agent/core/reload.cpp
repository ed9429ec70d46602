// SPDX-License-Identifier: Apache-2.0
// Engine, a new configuration: only the difference is applied. What did not change does not notice.
#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/core/engine_state.hpp"

namespace regent::core {

void Engine::State::on(const ConfigApplied& applied, Turn& turn) {
    if (stopping) return;
    const bool first = !settings;
    settings = applied.settings;
    if (first) started_at = turn.now;
    health.configure(settings->checks, turn.now);
    remove_routers(*settings, turn);
    configure_routers(*settings, turn);
    form_groups(*settings, turn);
    for (auto& [id, group] : groups)
        group->set_maintenance(maintenance, turn);
    all_due = memory_stale = true;  // a check that is gone is not remembered
    turn.log(LogLevel::notice, {},
             concat(first ? "configuration applied: " : "new configuration applied: ",
                    settings->instances.size(), " instances, ", settings->groups.size(), " groups"));
}

void Engine::State::remove_routers(const Settings& wanted, Turn& turn) {
    std::set<RouterKey> kept;
    for (const auto& instance : wanted.instances)
        kept.insert(key_of(instance));
    for (auto at = by_key.begin(); at != by_key.end();) {
        if (kept.contains(at->first)) {
            ++at;
            continue;
        }
        auto* router = at->second;
        const auto id = router->id();
        router->apply(vrrp::Event::shutdown, {}, "removed from the configuration", turn);
        plan.forget(id);
        turn.actions.push_back(Forget{router->name()});
        groups.at(group_of.at(id))->drop(router);
        group_of.erase(id);
        to_publish.erase(id);
        at = by_key.erase(at);
        routers.erase(id);
    }
}

void Engine::State::configure_routers(const Settings& wanted, Turn& turn) {
    for (const auto& instance : wanted.instances) {
        auto& router = by_key[key_of(instance)];
        if (!router) {
            const auto id = next_router++;
            router = routers.emplace(id, std::make_unique<VirtualRouter>(id, instance)).first->second.get();
            router->configure(instance, turn);
            if (const auto* record = memory.find(key_of(instance))) router->recall(*record);
            continue;
        }
        if (router->name() != instance.name) turn.actions.push_back(Forget{router->name()});
        if (!(router->settings() == instance)) {
            router->configure(instance, turn);
            turn.log(LogLevel::info, instance.name, "its configuration has changed");
        }
    }
}

void Engine::State::form_group(const std::string& name, std::vector<VirtualRouter*> members,
                               const std::vector<CheckTracker>& checks, std::set<GroupId>& kept, Turn& turn) {
    // The group that one of them is in already goes on with the others, unless it is taken.
    GroupId id = 0;
    std::vector<GroupId> origins;
    Instant start_at = turn.now;
    for (const auto* member : members) {
        const auto current = group_of.find(member->id());
        if (current == group_of.end()) {
            start_at = std::max(start_at, started_at + member->settings().startup_delay);
            continue;
        }
        origins.push_back(current->second);
        if (id == 0 && !kept.contains(current->second)) id = current->second;
    }
    const bool changes = id == 0 || groups.at(id)->name() != name || groups.at(id)->members() != members;
    if (id == 0) {
        id = next_group++;
        groups[id] = origins.empty() ? std::make_unique<SyncGroup>(name, members, checks, turn.now)
                                     : groups.at(origins.front())->split();
    }
    for (const auto* member : members) {
        group_of[member->id()] = id;
        if (changes) to_publish.insert(member->id());
    }
    kept.insert(id);
    auto& group = *groups.at(id);
    for (const GroupId origin : origins) {
        if (origin != id) group.adopt(*groups.at(origin));
    }
    group.reform(name, std::move(members), checks);
    group.delay_start(start_at);
}

void Engine::State::form_groups(const Settings& wanted, Turn& turn) {
    std::map<std::string, VirtualRouter*> by_name;
    for (const auto& [id, router] : routers)
        by_name[router->name()] = router.get();
    std::set<GroupId> kept;
    std::set<std::string> grouped;
    for (const auto& group : wanted.groups) {
        std::vector<VirtualRouter*> members;
        for (const auto& name : group.members) {
            members.push_back(by_name.at(name));
            grouped.insert(name);
        }
        form_group(group.name, std::move(members), group.checks, kept, turn);
    }
    for (const auto& instance : wanted.instances) {
        if (!grouped.contains(instance.name)) form_group({}, {by_name.at(instance.name)}, {}, kept, turn);
    }
    for (auto at = groups.begin(); at != groups.end();) {
        if (kept.contains(at->first)) {
            ++at;
            continue;
        }
        schedule(at->first, std::nullopt);
        at->second->abandon_yield("removed from the configuration", turn);
        at = groups.erase(at);
    }
}

}  // namespace regent::core
