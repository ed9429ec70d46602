// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/changes.hpp"

namespace regent::bus {
namespace {

struct Differences {
    std::vector<std::string> names;

    template <class T>
    Differences& add(const char* name, const T& before, const T& after) {
        if (!(before == after)) names.emplace_back(name);
        return *this;
    }
};

}  // namespace

std::vector<std::string> changed_properties(const AgentView& before, const AgentView& after) {
    return Differences()
        .add("Node", before.node, after.node)
        .add("ConfigProblem", before.config_problem, after.config_problem)
        .add("ConfigHash", before.config_hash, after.config_hash)
        .add("LastReload", before.last_reload, after.last_reload)
        .add("Maintenance", before.maintenance.has_value(), after.maintenance.has_value())
        .add("MaintenanceReason", before.maintenance, after.maintenance)
        .names;
}

std::vector<std::string> changed_properties(const InstanceView& before, const InstanceView& after) {
    const auto& was = before.status;
    const auto& is = after.status;
    return Differences()
        .add("Interface", was.interface, is.interface)
        .add("VirtualRouterId", was.virtual_router_id, is.virtual_router_id)
        .add("Version", before.version, after.version)
        .add("Family", before.family, after.family)
        .add("State", was.state, is.state)
        .add("Reason", was.reason, is.reason)
        .add("Since", before.since, after.since)
        .add("Priority", was.priority, is.priority)
        .add("EffectivePriority", was.effective_priority, is.effective_priority)
        .add("Weights", was.weights, is.weights)
        .add("Held", was.held, is.held)
        .add("LastResort", was.last_resort, is.last_resort)
        .add("LastResortCause", was.last_resort_cause, is.last_resort_cause)
        .add("Degraded", was.degraded, is.degraded)
        .add("Addresses", was.addresses, is.addresses)
        .add("Master", was.master, is.master)
        .add("Peers", was.peers, is.peers)
        .add("Group", was.group, is.group)
        .add("Checks", before.checks, after.checks)
        .names;
}

std::vector<std::string> changed_properties(const GroupView& before, const GroupView& after) {
    return Differences()
        .add("State", before.state, after.state)
        .add("Reason", before.reason, after.reason)
        .add("Instances", before.instances, after.instances)
        .names;
}

std::vector<std::string> changed_properties(const CheckView& before, const CheckView& after) {
    const auto& was = before.status;
    const auto& is = after.status;
    return Differences()
        .add("Type", was.type, is.type)
        .add("Plugin", was.plugin, is.plugin)
        .add("State", was.state, is.state)
        .add("Message", was.message, is.message)
        .add("Reason", was.reason, is.reason)
        .add("Since", before.since, after.since)
        .add("Rise", was.rise, is.rise)
        .add("Fall", was.fall, is.fall)
        .add("Parameters", before.parameters, after.parameters)
        .add("OverrideState", before.override_state, after.override_state)
        .add("OverrideUntil", before.override_until, after.override_until)
        .names;
}

std::vector<std::string> changed_properties(const NotifierView& before, const NotifierView& after) {
    return Differences()
        .add("Type", before.type, after.type)
        .add("Plugin", before.plugin, after.plugin)
        .add("Queue", before.waiting, after.waiting)
        .add("Delivered", before.delivered, after.delivered)
        .add("Failed", before.failed, after.failed)
        .add("Dropped", before.dropped, after.dropped)
        .add("Failing", before.failing, after.failing)
        .add("LastError", before.last_failure, after.last_failure)
        .names;
}

std::vector<std::string> changed_properties(const PluginView& before, const PluginView& after) {
    const auto& was = before.status;
    const auto& is = after.status;
    return Differences()
        .add("Id", before.id, after.id)
        .add("Version", before.version, after.version)
        .add("Types", before.types, after.types)
        .add("Path", was.file, is.file)
        .add("State", was.state, is.state)
        .add("Pid", was.pid, is.pid)
        .add("Starts", was.starts, is.starts)
        .names;
}

}  // namespace regent::bus
