// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>

#include "agent/config/plan.hpp"
#include "agent/config/read.hpp"
#include "agent/config/suggest.hpp"

namespace regent::config {

namespace {

using namespace std::chrono_literals;

constexpr Duration shortest_timeout = 10ms;
constexpr Duration longest_timeout = 1h;
constexpr std::int64_t longest_queue = 4096;

/// Empty for all of them, which is also the default.
std::set<std::string> read_events(const TableReader& reader) {
    std::set<std::string> events;
    const toml::array* list = reader.list("events");
    if (list == nullptr) return events;
    if (list->empty()) {
        reader.error(reader.place("events"), "bad_value", "events", "events is empty: it would never be told",
                     "leave the key out for all events");
    }
    const std::vector<std::string> known(notifier_events.begin(), notifier_events.end());
    for (const toml::node& node : *list) {
        const auto event = reader.item_text(node, "events", "a state");
        if (!event) continue;
        if (std::find(known.begin(), known.end(), *event) == known.end()) {
            reader.error(place_of(node), "bad_value", "events",
                         fmt::format("an entry of events cannot be {}", in_quotes(*event)),
                         suggestion(*event, known, "the states are"));
        }
        events.insert(*event);
    }
    if (events.size() == known.size()) events.clear();
    return events;
}

}  // namespace

NotifierDraft read_notifier(const toml::key& name, const toml::table& table, Report& report, Offers& offers) {
    NotifierDraft draft;
    draft.plan.name = name.str();
    draft.places = places_of(name, table);
    TableReader reader(table, Section::notifier, fmt::format("notifier {}", in_quotes(name.str())),
                       fmt::format("notifier.{}", path_part(name.str())), report);
    reader.set_place(draft.places.header);
    draft.use = read_use(reader, PluginKind::notifier, offers);
    draft.plan.events = read_events(reader);
    if (const auto timeout = reader.duration("timeout", shortest_timeout, longest_timeout)) {
        draft.plan.timeout = *timeout;
    }
    if (const auto queue = reader.integer("queue", 1, longest_queue)) {
        draft.plan.queue = static_cast<std::size_t>(*queue);
    }
    return draft;
}

}  // namespace regent::config
