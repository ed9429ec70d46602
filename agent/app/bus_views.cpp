// SPDX-License-Identifier: Apache-2.0
#include "agent/app/bus_views.hpp"

#include <algorithm>
#include <utility>

#include "agent/app/parameter_views.hpp"
#include "agent/bus/names.hpp"
#include "agent/config/source_text.hpp"
#include "agent/platform/clock.hpp"

namespace regent::app {
namespace {

std::uint64_t microseconds(std::int64_t wall_ns) {
    return static_cast<std::uint64_t>(wall_ns / 1000);
}

/// Wall-clock time of a moment of the monotonic clock, as far as that can be known now.
std::uint64_t wall_time(Instant at) {
    return microseconds(platform::wall_clock() - (platform::now() - at).count());
}

bus::PluginView plugin_view(const std::filesystem::path& file, const std::vector<config::Plugin>& installed) {
    bus::PluginView view;
    const auto found = std::find_if(installed.begin(), installed.end(),
                                    [&](const auto& plugin) { return plugin.file == file; });
    if (found == installed.end()) return view;
    view.id = found->id;
    view.version = found->version;
    std::set<std::string> types;  // a check and a notifier may have the same name
    for (const auto& type : found->types)
        types.insert(type.name);
    view.types.assign(types.begin(), types.end());
    return view;
}

}  // namespace

BusViews::BusViews(bus::Outbox& outbox, std::string version, const std::string& config_path)
    : outbox_(outbox) {
    agent_.version = std::move(version);
    agent_.config_path = config::printable(config_path);  // the bus takes UTF-8 alone
}

void BusViews::configure(const config::Loaded& loaded) {
    agent_.node = config::printable(loaded.plan.node);  // the bus takes UTF-8 alone
    agent_.config_hash = loaded.hash;
    agent_.config_problem.clear();
    agent_.last_reload = microseconds(platform::wall_clock());
    outbox_.put(agent_);
    configure_routers(*loaded.settings);
    std::map<std::string, bus::GroupView> groups;
    for (const auto& group : loaded.settings->groups) {
        auto& view = groups[group.name];
        if (const auto before = groups_.find(group.name); before != groups_.end()) view = before->second;
        view.name = group.name;
        view.instances = group.members;
        adopt_state(view);
        outbox_.put(view);
    }
    for (const auto& [name, view] : groups_)
        if (!groups.contains(name)) outbox_.remove(bus::Kind::group, name);
    groups_ = std::move(groups);
    std::map<std::string, bus::CheckView> checks;
    std::set<std::string> notifiers;
    for (const auto& plan : loaded.plan.checks) {
        auto& view = checks[plan.settings.name];
        if (const auto before = checks_.find(plan.settings.name); before != checks_.end())
            view = before->second;
        view.parameters = parameters_of(plan, loaded.plugins);
        show_override(plan.settings.name, view);
        put(view);
    }
    std::map<std::string, bus::PluginView> plugins;
    const auto use_plugin = [&](const config::PluginUse& use) {
        const auto [at, added] =
            plugins.try_emplace(use.plugin.stem(), plugin_view(use.plugin, loaded.plugins));
        const auto before = plugins_.find(at->first);
        if (!added || before == plugins_.end() || before->second.status.name.empty()) return;
        at->second.status = before->second.status;
        outbox_.put(at->second);
    };
    for (const auto& plan : loaded.plan.checks)
        use_plugin(plan.use);
    for (const auto& notifier : loaded.plan.notifiers) {
        notifiers.insert(notifier.name);
        use_plugin(notifier.use);
    }
    for (const auto& [name, view] : checks_) {
        if (checks.contains(name)) continue;
        outbox_.remove(bus::Kind::check, name);
        since_.erase("check " + name);
        since_.erase("override of " + name);
    }
    for (const auto& name : notifiers_)
        if (!notifiers.contains(name)) outbox_.remove(bus::Kind::notifier, name);
    for (const auto& [name, view] : plugins_)
        if (!plugins.contains(name)) outbox_.remove(bus::Kind::plugin, name);
    checks_ = std::move(checks);
    notifiers_ = std::move(notifiers);
    plugins_ = std::move(plugins);
}

void BusViews::configure_routers(const core::Settings& settings) {
    std::map<std::string, std::set<std::string>> checks;
    for (const auto& group : settings.groups) {
        for (const auto& member : group.members) {
            for (const auto& tracker : group.checks)
                checks[member].insert(tracker.check);
        }
    }
    routers_.clear();
    for (const auto& instance : settings.instances) {
        for (const auto& tracker : instance.checks)
            checks[instance.name].insert(tracker.check);
        const auto& tracked = checks[instance.name];
        routers_[instance.name] = {
            static_cast<std::uint8_t>(instance.version), instance.family, {tracked.begin(), tracked.end()}};
    }
    for (const auto& [name, status] : instances_)
        if (routers_.contains(name)) show(core::InstanceStatus(status));
}

void BusViews::show(const plugin::Status& status) {
    // What a reload has removed may still be on its way.
    if (const auto* check = std::get_if<plugin::CheckStatus>(&status);
        check && checks_.contains(check->name)) {
        auto& view = checks_[check->name];
        view.status = *check;
        view.since = check->state == "pending" ? 0 : since("check " + check->name, check->since);
        put(view);
    } else if (const auto* notifier = std::get_if<plugin::NotifierStatus>(&status);
               notifier && notifiers_.contains(notifier->name)) {
        outbox_.put(*notifier);
    } else if (const auto* plugin = std::get_if<plugin::PluginStatus>(&status);
               plugin && plugins_.contains(plugin->name)) {
        plugins_[plugin->name].status = *plugin;
        outbox_.put(plugins_[plugin->name]);
    }
}

void BusViews::put(const bus::CheckView& check) {
    if (!check.status.name.empty()) outbox_.put(check);
}

void BusViews::set_overrides(const std::vector<core::Memory::Override>& overrides) {
    overrides_.clear();
    for (const auto& override : overrides)
        overrides_[override.check] = override;
    for (auto& [name, view] : checks_) {
        show_override(name, view);
        put(view);
    }
}

void BusViews::show_override(const std::string& check, bus::CheckView& view) {
    view.override_state.clear();
    view.override_until = 0;
    const auto found = overrides_.find(check);
    if (found == overrides_.end()) return;
    view.override_state = found->second.up ? "up" : "down";
    view.override_until = since("override of " + check, found->second.until);
}

void BusViews::adopt_state(bus::GroupView& group) const {
    std::optional<vrrp::State> common;
    for (const auto& name : group.instances) {
        const auto member = instances_.find(name);
        if (member == instances_.end() || (common && *common != member->second.state)) return;
        common = member->second.state;
        group.reason = member->second.reason;
    }
    if (common) group.state = bus::state_word(*common);
}

void BusViews::set_problem(const std::string& problem) {
    agent_.config_problem = problem;
    outbox_.put(agent_);
}

void BusViews::set_maintenance(const std::optional<std::string>& reason) {
    agent_.maintenance = reason;
    outbox_.put(agent_);
}

void BusViews::show(const core::InstanceStatus& status) {
    const auto router = routers_[status.name];
    instances_[status.name] = status;
    outbox_.put(bus::InstanceView{status, router.version, router.family, since(status.name, status.since),
                                  router.checks});
}

std::uint64_t BusViews::since(const std::string& what, Instant at) {
    auto& known = since_[what];
    if (known.first != at) known = {at, wall_time(at)};
    return known.second;
}

void BusViews::forget(const std::string& instance) {
    instances_.erase(instance);
    since_.erase(instance);
    outbox_.remove(bus::Kind::instance, instance);
}

void BusViews::tell(const std::vector<notify::Event>& events) {
    for (const auto& event : events) {
        // What notifiers are told as a stop is the state init.
        const auto word = [](const std::string& state) { return state == "stop" ? "init" : state; };
        const auto new_state = word(event.new_state);
        const bool group = event.kind == notify::EventKind::group;
        if (const auto view = groups_.find(event.name); group && view != groups_.end()) {
            view->second.state = new_state;
            view->second.reason = event.reason;
            outbox_.put(view->second);
        }
        outbox_.tell(bus::Transition{group ? bus::Kind::group : bus::Kind::instance, event.name,
                                     word(event.old_state), new_state, event.sequence, event.reason,
                                     static_cast<std::uint64_t>(event.wall_ns / 1000)});
    }
}

}  // namespace regent::app
