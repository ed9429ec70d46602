// SPDX-License-Identifier: Apache-2.0
// Settings back to TOML, in the order and the words of the key tables.
#include <fmt/format.h>

#include "agent/config/config.hpp"
#include "agent/config/duration_text.hpp"
#include "agent/config/source_text.hpp"
#include "agent/config/toml_writer.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::config {

namespace {

std::string_view word(core::Scope scope) {
    switch (scope) {
        case core::Scope::global: return "global";
        case core::Scope::site: return "site";
        case core::Scope::link: return "link";
        case core::Scope::host: return "host";
    }
    return "global";
}

std::string_view word(core::ChecksumPolicy policy) {
    switch (policy) {
        case core::ChecksumPolicy::automatic: return "auto";
        case core::ChecksumPolicy::message_only: return "rfc9568";
        case core::ChecksumPolicy::pseudo_header: return "rfc5798";
    }
    return "auto";
}

std::string to_toml(const core::VirtualAddress& address) {
    std::string out = fmt::format("{{ address = \"{}/{}\", device = {}", address.address.to_string(),
                                  address.prefix, toml_string(address.device));
    if (address.address.is_ipv4()) out += fmt::format(", scope = \"{}\"", word(address.scope));
    if (!address.label.empty()) out += fmt::format(", label = {}", toml_string(address.label));
    if (address.broadcast) out += fmt::format(", broadcast = {}", toml_string(*address.broadcast));
    return out + " }";
}

std::string to_toml(const core::Route& route) {
    std::string out = fmt::format("{{ to = \"{}/{}\", device = {}", route.destination.to_string(),
                                  route.prefix, toml_string(route.device));
    if (route.gateway) out += fmt::format(", via = {}", toml_string(*route.gateway));
    if (route.source) out += fmt::format(", source = {}", toml_string(*route.source));
    if (route.metric) out += fmt::format(", metric = {}", *route.metric);
    if (route.table) out += fmt::format(", table = {}", *route.table);
    return out + " }";
}

std::string to_toml(const core::CheckTracker& tracker) {
    const std::string name = toml_string(tracker.check);
    if (tracker.weight) return fmt::format("{{ check = {}, weight = {} }}", name, *tracker.weight);
    return fmt::format("{{ check = {}, on_down = \"{}\" }}", name,
                       tracker.on_down == core::OnDown::fault ? "fault" : "last_resort");
}

std::string to_toml(const core::InterfaceTracker& tracker) {
    const std::string name = toml_string(tracker.interface);
    if (!tracker.weight) return fmt::format("{{ interface = {} }}", name);
    return fmt::format("{{ interface = {}, weight = {} }}", name, *tracker.weight);
}

std::string to_toml(const std::string& text) {
    return toml_string(text);
}
std::string to_toml(const IpAddress& address) {
    return toml_string(address);
}

constexpr auto to_text = [](const auto& value) { return to_toml(value); };

void write_transport(TomlWriter& writer, const core::Instance& instance) {
    const bool unicast = !instance.unicast_peers.empty();
    if (instance.source_address) {
        writer.raw(unicast ? "unicast_source" : "source_address", toml_string(*instance.source_address));
    }
    if (unicast) {
        writer.list("unicast_peers", instance.unicast_peers, to_text);
        writer.number("unicast_ttl", instance.unicast_ttl);
    } else if (instance.multicast_group) {
        writer.raw("multicast_group", toml_string(*instance.multicast_group));
    } else {
        writer.raw("# multicast_group", toml_string(vrrp::multicast_group(instance.family)));
    }
    writer.text("checksum", word(instance.checksum));
}

void write_behaviour(TomlWriter& writer, const core::Instance& instance) {
    if (instance.lease == Duration::zero()) {
        writer.flag("lease", false);
    } else {
        writer.duration("lease", instance.lease);
    }
    writer.flag("pair", instance.pair);
    writer.flag("preempt", instance.preempt);
    writer.duration("preempt_delay", instance.preempt_delay);
    writer.duration("startup_delay", instance.startup_delay);
    writer.duration("recover_delay", instance.recover_delay);
    writer.duration("debounce", instance.debounce);
}

void write_instance(TomlWriter& writer, const core::Instance& instance, Secrets secrets) {
    writer.header("instance", instance.name);
    writer.text("interface", instance.interface);
    writer.number("virtual_router_id", instance.virtual_router_id);
    writer.number("priority", instance.priority);
    writer.number("version", static_cast<unsigned>(instance.version));
    writer.duration("advert_interval", instance.advert_interval);
    writer.number("down_adverts", instance.down_adverts);
    writer.list("addresses", instance.addresses, to_text);
    writer.list("addresses_excluded", instance.addresses_excluded, to_text);
    writer.list("routes", instance.routes, to_text);
    write_behaviour(writer, instance);
    write_transport(writer, instance);
    if (instance.password) {
        const std::string password = secrets == Secrets::show ? *instance.password : "***";
        writer.raw("auth", fmt::format("{{ type = \"pass\", password = {} }}", toml_string(password)));
    }
    const core::Gratuitous& garp = instance.gratuitous;
    writer.raw("garp",
               fmt::format("{{ count = {}, delay = {}, refresh = {}, interval = {} }}", garp.count,
                           toml_string(garp.delay), toml_string(garp.refresh), toml_string(garp.interval)));
    writer.list("track", instance.checks, to_text);
    writer.list("track_interfaces", instance.interfaces, to_text);
}

}  // namespace

std::string dump(const core::Settings& settings, const Plan& plan, const std::vector<Plugin>& plugins,
                 Secrets secrets) {
    std::string out = "# The effective configuration: every default is written out.\n";
    TomlWriter writer(out);
    writer.header("agent");
    writer.text("node", settings.node);
    for (const core::Instance& instance : settings.instances)
        write_instance(writer, instance, secrets);
    for (const core::Group& group : settings.groups) {
        writer.header("group", group.name);
        writer.list("members", group.members, to_text);
        writer.list("track", group.checks, to_text);
    }
    dump_plan(plan, plugins, secrets, writer);
    return out;
}

}  // namespace regent::config
