// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/metrics_text.hpp"

#include <array>
#include <fmt/format.h>

namespace regent::ctl {
namespace {

using nlohmann::ordered_json;

/// A value of a label, as the format wants it.
std::string quoted(const std::string& value) {
    std::string out = "\"";
    for (const char letter : value) {
        if (letter == '\\' || letter == '"') out += '\\';
        out += letter == '\n' ? std::string("\\n") : std::string(1, letter);
    }
    return out + '"';
}

class Writer {
  public:
    void family(const char* name, const char* type, const char* help) {
        name_ = name;
        out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    }
    void sample(const std::string& labels, const std::string& value) {
        out_ += labels.empty() ? fmt::format("{} {}\n", name_, value)
                               : fmt::format("{}{{{}}} {}\n", name_, labels, value);
    }
    std::string take() { return std::move(out_); }

  private:
    std::string name_;
    std::string out_;
};

std::string label(const ordered_json& instance) {
    return "instance=" + quoted(instance.at("name").get<std::string>());
}

std::string number(bool value) {
    return value ? "1" : "0";
}

std::string seconds(double microseconds) {
    return fmt::format("{:.6f}", microseconds / 1e6);
}

constexpr std::array states{"init", "backup", "master", "fault"};

struct Counter {
    const char* key;
    const char* name;
    const char* help;
};
constexpr std::array counters{
    Counter{"adverts_sent", "regent_adverts_sent_total", "Advertisements sent."},
    Counter{"adverts_received", "regent_adverts_received_total", "Advertisements accepted."},
    Counter{"priority_zero_sent", "regent_priority_zero_sent_total", "Advertisements of priority 0 sent."},
    Counter{"priority_zero_received", "regent_priority_zero_received_total",
            "Advertisements of priority 0 received."},
    Counter{"transitions", "regent_transitions_total", "Changes of state."},
    Counter{"became_master", "regent_became_master_total", "Times the instance became MASTER."},
    Counter{"released_master", "regent_released_master_total", "Times the instance ceased to be MASTER."},
    Counter{"address_repairs", "regent_address_repairs_total", "Addresses deleted by others and put back."},
    Counter{"lease_renewals", "regent_lease_renewals_total", "Leases of addresses renewed in the kernel."},
    Counter{"late_adverts", "regent_late_adverts_total",
            "Advertisements late by more than a quarter of what a peer tolerates."},
    Counter{"send_failures", "regent_send_failures_total", "Advertisements that could not be sent."},
};

constexpr std::array notifier_counters{
    Counter{"delivered", "regent_notifier_delivered_total", "Events delivered."},
    Counter{"failed", "regent_notifier_failed_total", "Events that could not be delivered."},
    Counter{"dropped", "regent_notifier_dropped_total", "Events dropped for want of room."},
};

void write_agent(const ordered_json& status, Writer& out) {
    out.family("regent_info", "gauge", "The agent; always 1.");
    out.sample(fmt::format("version={},node={}", quoted(status.at("version").get<std::string>()),
                           quoted(status.at("node").get<std::string>())),
               "1");
    out.family("regent_maintenance", "gauge", "Whether the node is in maintenance.");
    out.sample("", number(status.at("maintenance")));
    out.family("regent_config_in_force", "gauge",
               "Whether the configuration file is the one that runs, as the agent has read it last.");
    out.sample("", number(status.at("config_problem").get<std::string>().empty()));
    out.family("regent_config_applied_timestamp_seconds", "gauge", "When a configuration was last applied.");
    out.sample("", seconds(status.at("last_reload").get<double>()));
}

void write_instances(const ordered_json& instances, Writer& out) {
    out.family("regent_instance_state", "gauge", "1 for the state that the instance is in.");
    for (const auto& instance : instances)
        for (const char* state : states)
            out.sample(label(instance) + ",state=" + quoted(state), number(instance.at("state") == state));
    out.family("regent_instance_priority", "gauge", "The priority as configured.");
    for (const auto& instance : instances)
        out.sample(label(instance), instance.at("priority").dump());
    out.family("regent_instance_effective_priority", "gauge", "The priority as advertised.");
    for (const auto& instance : instances)
        out.sample(label(instance), instance.at("effective_priority").dump());
    out.family("regent_instance_last_resort", "gauge",
               "Whether the instance serves only if nobody else does.");
    for (const auto& instance : instances)
        out.sample(label(instance), number(instance.at("last_resort")));
    out.family("regent_instance_held", "gauge",
               "Whether the instance was handed over and waits for its release.");
    for (const auto& instance : instances)
        out.sample(label(instance), number(instance.value("held", false)));
    out.family("regent_instance_degraded", "gauge",
               "Whether the instance is MASTER without some of its addresses.");
    for (const auto& instance : instances)
        out.sample(label(instance), number(instance.at("degraded")));
    out.family("regent_instance_addresses", "gauge", "Addresses that the kernel confirms as held.");
    for (const auto& instance : instances)
        out.sample(label(instance), std::to_string(instance.at("addresses").size()));
    out.family("regent_instance_peers", "gauge",
               "Senders of advertisements accepted since the agent's start.");
    for (const auto& instance : instances)
        out.sample(label(instance), std::to_string(instance.value("peers", ordered_json::array()).size()));
    out.family("regent_instance_since_timestamp_seconds", "gauge", "When the instance came to its state.");
    for (const auto& instance : instances)
        out.sample(label(instance), seconds(instance.at("since").get<double>()));
    for (const Counter& counter : counters) {
        out.family(counter.name, "counter", counter.help);
        for (const auto& instance : instances)
            out.sample(label(instance), instance.at("statistics").value(counter.key, ordered_json(0)).dump());
    }
    out.family("regent_worst_lateness_seconds", "gauge", "How late an advertisement has left, at worst.");
    for (const auto& instance : instances)
        out.sample(label(instance), seconds(instance.at("statistics").value("worst_lateness", 0.0)));
    out.family("regent_adverts_discarded_total", "counter", "Advertisements discarded, by reason.");
    for (const auto& instance : instances)
        for (const auto& [reason, count] : instance.at("statistics").at("discarded").items())
            out.sample(label(instance) + ",reason=" + quoted(reason), count.dump());
}

void write_groups(const ordered_json& groups, Writer& out) {
    out.family("regent_group_state", "gauge", "1 for the state that all members have come to last.");
    for (const auto& group : groups)
        for (const char* state : states)
            out.sample(
                fmt::format("group={},state={}", quoted(group.at("name").get<std::string>()), quoted(state)),
                number(group.at("state") == state));
}

void write_checks(const ordered_json& checks, Writer& out) {
    out.family("regent_check_state", "gauge", "1 for the state that the check was last seen in.");
    for (const auto& check : checks)
        for (const char* state : {"pending", "up", "degraded", "down", "unknown"})
            out.sample(fmt::format("check={},type={},state={}", quoted(check.at("name").get<std::string>()),
                                   quoted(check.at("type").get<std::string>()), quoted(state)),
                       number(check.at("state") == state));
    out.family("regent_check_since_timestamp_seconds", "gauge",
               "When the check came to its state; 0 while pending.");
    for (const auto& check : checks)
        out.sample("check=" + quoted(check.at("name").get<std::string>()),
                   seconds(check.at("since").get<double>()));
    out.family("regent_check_overridden", "gauge", "Whether the check counts as what an operator says.");
    for (const auto& check : checks)
        out.sample("check=" + quoted(check.at("name").get<std::string>()),
                   number(!check.value("override_state", "").empty()));
    out.family("regent_check_elapsed_seconds", "gauge", "How long the last answer took.");
    for (const auto& check : checks)
        out.sample("check=" + quoted(check.at("name").get<std::string>()),
                   seconds(check.at("last_elapsed").get<double>()));
    out.family("regent_check_metric", "gauge", "What the plugin measured with the last answer.");
    for (const auto& check : checks)
        for (const auto& [name, value] : check.at("metrics").items())
            out.sample(
                fmt::format("check={},metric={}", quoted(check.at("name").get<std::string>()), quoted(name)),
                value.dump());
}

void write_notifiers_and_plugins(const ordered_json& status, Writer& out) {
    for (const Counter& counter : notifier_counters) {
        out.family(counter.name, "counter", counter.help);
        for (const auto& notifier : status.at("notifiers"))
            out.sample("notifier=" + quoted(notifier.at("name").get<std::string>()),
                       notifier.at(counter.key).dump());
    }
    out.family("regent_plugin_starts_total", "counter", "Times that a host was started for the plugin.");
    for (const auto& plugin : status.at("plugins"))
        out.sample("plugin=" + quoted(plugin.at("name").get<std::string>()), plugin.at("starts").dump());
    out.family("regent_plugin_faults_total", "counter",
               "What has gone wrong in the host of the plugin, by kind.");
    for (const auto& plugin : status.at("plugins")) {
        const auto faults = plugin.value("counters", ordered_json::object());
        for (const auto& [kind, count] : faults.items())
            out.sample(
                fmt::format("plugin={},kind={}", quoted(plugin.at("name").get<std::string>()), quoted(kind)),
                count.dump());
    }
}

}  // namespace

std::string metrics_text(const ordered_json& status) {
    Writer out;
    write_agent(status, out);
    write_instances(status.at("instances"), out);
    write_groups(status.at("groups"), out);
    write_checks(status.at("checks"), out);
    write_notifiers_and_plugins(status, out);
    return out.take();
}

}  // namespace regent::ctl
