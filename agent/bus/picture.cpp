// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/picture.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/bus/names.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::bus {
namespace {

using nlohmann::ordered_json;
using vrrp::State;

/// The higher, the worse.
int badness(State state) {
    switch (state) {
        case State::fault: return 4;
        case State::init: return 3;
        case State::backup: return 2;
        case State::master:
        case State::yielding: return 1;
    }
    return 0;
}

ordered_json counters_json(const core::Counters& counters) {
    ordered_json discarded = ordered_json::object();
    for (std::size_t reason = 0; reason < counters.discarded.size(); ++reason)
        discarded[std::string(vrrp::to_string(static_cast<vrrp::Discard>(reason)))] =
            counters.discarded[reason];
    return {{"adverts_sent", counters.adverts_sent},
            {"adverts_received", counters.adverts_received},
            {"priority_zero_sent", counters.priority_zero_sent},
            {"priority_zero_received", counters.priority_zero_received},
            {"transitions", counters.transitions},
            {"became_master", counters.became_master},
            {"released_master", counters.released_master},
            {"address_repairs", counters.address_repairs},
            {"lease_renewals", counters.lease_renewals},
            {"late_adverts", counters.late_adverts},
            {"worst_lateness", counters.worst_lateness / std::chrono::microseconds(1)},
            {"send_failures", counters.send_failures},
            {"discarded", discarded}};
}

ordered_json addresses_json(const std::vector<IpAddress>& addresses) {
    ordered_json texts = ordered_json::array();
    for (const auto& address : addresses)
        texts.push_back(address.to_string());
    return texts;
}

ordered_json history_json(const Picture& picture, const std::string& instance) {
    ordered_json changes = ordered_json::array();
    const auto kept = picture.histories.find(instance);
    if (kept == picture.histories.end()) return changes;
    for (const auto& change : kept->second)
        changes.push_back({{"time", change.at},
                           {"old_state", change.old_state},
                           {"new_state", change.new_state},
                           {"sequence", change.sequence},
                           {"reason", change.reason}});
    return changes;
}

ordered_json instance_json(const Picture& picture, const InstanceView& view) {
    const auto& status = view.status;
    const auto counted = picture.counters.find(status.name);
    return {{"name", status.name},
            {"interface", status.interface},
            {"virtual_router_id", status.virtual_router_id},
            {"version", view.version},
            {"family", view.family == Family::ipv4 ? "ipv4" : "ipv6"},
            {"group", status.group},
            {"state", state_word(status.state)},
            {"reason", status.reason},
            {"since", view.since},
            {"priority", status.priority},
            {"effective_priority", status.effective_priority},
            {"weights", status.weights},
            {"held", status.held},
            {"last_resort", status.last_resort},
            {"last_resort_cause", status.last_resort_cause},
            {"degraded", status.degraded},
            {"addresses", addresses_json(status.addresses)},
            {"master", status.master ? status.master->to_string() : ""},
            {"peers", addresses_json(status.peers)},
            {"last_transitions", history_json(picture, status.name)},
            {"checks", view.checks},
            {"statistics",
             counters_json(counted == picture.counters.end() ? core::Counters{} : counted->second)}};
}

ordered_json check_json(const CheckView& view) {
    const auto& check = view.status;
    ordered_json parameters = ordered_json::object();
    for (const auto& [name, parameter] : view.parameters)
        std::visit([&, key = name](const auto& value) { parameters[key] = value; }, parameter);
    return {{"name", check.name},
            {"type", check.type},
            {"plugin", check.plugin},
            {"state", check.state},
            {"reason", check.reason},
            {"message", check.message},
            {"since", view.since},
            {"override_state", view.override_state},
            {"override_until", view.override_until},
            {"last_elapsed", check.elapsed / std::chrono::microseconds(1)},
            {"rise", check.rise},
            {"fall", check.fall},
            {"parameters", parameters},
            {"metrics", check.metrics}};
}

ordered_json notifier_json(const NotifierView& notifier) {
    return {{"name", notifier.name},
            {"type", notifier.type},
            {"plugin", notifier.plugin},
            {"queue", notifier.waiting},
            {"delivered", notifier.delivered},
            {"failed", notifier.failed},
            {"dropped", notifier.dropped},
            {"failing", notifier.failing},
            {"last_error", notifier.last_failure}};
}

ordered_json plugin_json(const PluginView& plugin) {
    return {{"name", plugin.status.name},        {"id", plugin.id},
            {"version", plugin.version},         {"types", plugin.types},
            {"path", plugin.status.file},        {"state", plugin.status.state},
            {"pid", plugin.status.pid},          {"starts", plugin.status.starts},
            {"counters", plugin.status.counters}};
}

std::string text_of(const ordered_json& document) {
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::string Picture::state() const {
    const auto worst = std::max_element(instances.begin(), instances.end(), [](const auto& a, const auto& b) {
        return badness(a.second.status.state) < badness(b.second.status.state);
    });
    return worst == instances.end() ? "none" : state_word(worst->second.status.state);
}

void Picture::keep(const Transition& transition) {
    if (transition.kind != Kind::instance || !instances.contains(transition.name)) return;
    History& history = histories[transition.name];
    history.push_front(transition);
    if (history.size() > longest_history) history.pop_back();
}

void Picture::forget_what_is_gone() {
    const auto gone = [&](const auto& entry) { return !instances.contains(entry.first); };
    std::erase_if(counters, gone);
    std::erase_if(histories, gone);
}

std::string describe(const Picture& picture) {
    const AgentView& agent = picture.agent;
    ordered_json document{{"schema", "regent.status.1"},
                          {"version", agent.version},
                          {"node", agent.node},
                          {"state", picture.state()},
                          {"config_path", agent.config_path},
                          {"config_hash", agent.config_hash},
                          {"config_problem", agent.config_problem},
                          {"last_reload", agent.last_reload},
                          {"maintenance", agent.maintenance.has_value()},
                          {"maintenance_reason", agent.maintenance.value_or("")},
                          {"instances", ordered_json::array()},
                          {"groups", ordered_json::array()},
                          {"checks", ordered_json::array()},
                          {"notifiers", ordered_json::array()},
                          {"plugins", ordered_json::array()}};
    for (const auto& [name, view] : picture.instances)
        document["instances"].push_back(instance_json(picture, view));
    for (const auto& [name, group] : picture.groups)
        document["groups"].push_back({{"name", name},
                                      {"state", group.state},
                                      {"reason", group.reason},
                                      {"instances", group.instances}});
    for (const auto& [name, check] : picture.checks)
        document["checks"].push_back(check_json(check));
    for (const auto& [name, notifier] : picture.notifiers)
        document["notifiers"].push_back(notifier_json(notifier));
    for (const auto& [name, plugin] : picture.plugins)
        document["plugins"].push_back(plugin_json(plugin));
    return text_of(document);
}

std::string describe(const Picture& picture, const std::string& instance) {
    return text_of(instance_json(picture, picture.instances.at(instance)));
}

}  // namespace regent::bus
