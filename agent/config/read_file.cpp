// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "agent/config/name_text.hpp"
#include "agent/config/read.hpp"

namespace regent::config {

namespace {

/// Calls `read(name, table)` for each [section.NAME], in the order of the file.
template <class Read>
void for_each_named(const TableReader& root, std::string_view section, Report& report, const Read& read) {
    const toml::table* tables = root.table(section);
    if (tables == nullptr) return;
    for (const auto& [name, node] : entries_in_order(*tables)) {
        const std::string path = fmt::format("{}.{}", section, path_part(name->str()));
        if (!is_name(name->str())) {
            report.error(place_of(*name), "bad_value", path,
                         fmt::format("{} cannot be the name of {} {}", in_quotes(name->str()),
                                     section == "instance" ? "an" : "a", section),
                         fmt::format("1 to {} letters, digits and \"_-.:@\"", longest_name));
        }
        if (const toml::table* table = node->as_table()) {
            read(*name, *table);
        } else {
            report.error(place_of(*node), "wrong_type", path,
                         fmt::format("{} must be a table, not {}", path, describe_type(*node)),
                         fmt::format("write [{}.NAME] and its keys below it", section));
        }
    }
}

std::string read_node(const TableReader& root, Report& report, const std::string& host_name) {
    const toml::table* table = root.table("agent");
    if (table == nullptr) return host_name;
    const TableReader reader(*table, Section::agent, "agent", "agent", report);
    reader.check_keys();
    const auto node = reader.text("node");
    if (!node) return host_name;
    if (is_name(*node)) return *node;
    reader.error(reader.place("node"), "bad_value", "node",
                 fmt::format("{} cannot be the name of a node", in_quotes(*node)),
                 fmt::format("1 to {} letters, digits and \"_-.:@\"", longest_name));
    return host_name;
}

}  // namespace

TablePlaces places_of(const toml::key& name, const toml::table& table) {
    TablePlaces places;
    places.header = place_of(name);
    for (const auto& [key, node] : table)
        places.values.emplace(std::string(key.str()), place_of(node));
    return places;
}

GroupDraft read_group(const toml::key& name, const toml::table& table, Report& report) {
    GroupDraft draft;
    draft.settings.name = name.str();
    draft.places = places_of(name, table);
    TableReader reader(table, Section::group, fmt::format("group {}", in_quotes(name.str())),
                       fmt::format("group.{}", path_part(name.str())), report);
    reader.set_place(draft.places.header);
    reader.check_keys();
    draft.checks = read_check_trackers(reader);
    const toml::array* members = reader.list("members");
    if (members == nullptr) return draft;
    if (members->empty()) {
        reader.error(reader.place("members"), "bad_value", "members",
                     "a group must have at least one member");
    }
    for (const toml::node& node : *members) {
        if (const auto member = reader.item_text(node, "members", "the name of an instance")) {
            draft.members.push_back({*member, place_of(node)});
        }
    }
    return draft;
}

Draft read_file(const toml::table& root, Report& report, Offers& offers, const std::string& host_name) {
    const TableReader reader(root, Section::root, "", "", report);
    reader.check_keys();
    Draft draft;
    draft.node = read_node(reader, report, host_name);
    for_each_named(reader, "instance", report, [&](const toml::key& name, const toml::table& table) {
        draft.instances.push_back(read_instance(name, table, report));
    });
    for_each_named(reader, "group", report, [&](const toml::key& name, const toml::table& table) {
        draft.groups.push_back(read_group(name, table, report));
    });
    for_each_named(reader, "check", report, [&](const toml::key& name, const toml::table& table) {
        draft.checks.push_back(read_check(name, table, report, offers));
    });
    for_each_named(reader, "notifier", report, [&](const toml::key& name, const toml::table& table) {
        draft.notifiers.push_back(read_notifier(name, table, report, offers));
    });
    return draft;
}

}  // namespace regent::config
