// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <fmt/format.h>

#include "agent/config/read.hpp"

namespace regent::config {

namespace {

using core::CheckTracker;
using core::InterfaceTracker;
using core::OnDown;

constexpr std::array<std::pair<std::string_view, OnDown>, 2> on_down_words{
    {{"last_resort", OnDown::last_resort}, {"fault", OnDown::fault}}};

constexpr int largest_weight = 253;  ///< the distance between priorities 1 and 254

TableReader entry_reader(const TableReader& parent, const toml::table& table, Section section,
                         std::string_view key, std::size_t index) {
    TableReader reader(table, section, parent.subject(), fmt::format("{}.{}[{}]", parent.path(), key, index),
                       parent.report());
    reader.check_keys();
    return reader;
}

std::optional<int> read_weight(const TableReader& reader) {
    const auto weight = reader.integer("weight", -largest_weight, largest_weight);
    if (!weight) return std::nullopt;
    if (*weight == 0) {
        reader.error(reader.place("weight"), "out_of_range", "weight", "weight cannot be 0",
                     "leave weight out for a tracker that decides by itself");
        return std::nullopt;
    }
    return static_cast<int>(*weight);
}

std::optional<CheckTracker> read_check_tracker(const TableReader& reader) {
    CheckTracker tracker;
    const auto check = reader.text("check");
    tracker.weight = read_weight(reader);
    const auto on_down = reader.choice<OnDown>("on_down", on_down_words);
    if (on_down) tracker.on_down = *on_down;
    if (reader.has("weight") && reader.has("on_down")) {
        reader.error(reader.place("on_down"), "conflict", "on_down", "weight and on_down exclude each other",
                     "with a weight a DOWN changes the priority; without one on_down says what it does");
    }
    if (!check) return std::nullopt;
    tracker.check = *check;
    return tracker;
}

std::optional<InterfaceTracker> read_interface_tracker(const TableReader& reader) {
    InterfaceTracker tracker;
    const auto interface = reader.interface("interface");
    tracker.weight = read_weight(reader);
    if (!interface) return std::nullopt;
    tracker.interface = *interface;
    return tracker;
}

}  // namespace

std::vector<Placed<CheckTracker>> read_check_trackers(const TableReader& reader) {
    std::vector<Placed<CheckTracker>> trackers;
    const toml::array* list = reader.list("track");
    if (list == nullptr) return trackers;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const toml::node& node = *list->get(i);
        std::optional<CheckTracker> tracker;
        if (const toml::table* table = node.as_table()) {
            tracker = read_check_tracker(entry_reader(reader, *table, Section::check_tracker, "track", i));
        } else if (const auto name = reader.item_text(node, "track", "the name of a check or a table")) {
            tracker = CheckTracker{*name, std::nullopt, OnDown::last_resort};
        }
        if (tracker) trackers.push_back({std::move(*tracker), place_of(node)});
    }
    return trackers;
}

std::vector<Placed<InterfaceTracker>> read_interface_trackers(const TableReader& reader) {
    std::vector<Placed<InterfaceTracker>> trackers;
    const toml::array* list = reader.list("track_interfaces");
    if (list == nullptr) return trackers;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const toml::node& node = *list->get(i);
        std::optional<InterfaceTracker> tracker;
        if (const toml::table* table = node.as_table()) {
            const auto entry =
                entry_reader(reader, *table, Section::interface_tracker, "track_interfaces", i);
            tracker = read_interface_tracker(entry);
        } else if (const auto name = reader.item_interface(node, "track_interfaces")) {
            tracker = InterfaceTracker{*name, std::nullopt};
        }
        if (tracker) trackers.push_back({std::move(*tracker), place_of(node)});
    }
    return trackers;
}

}  // namespace regent::config
