// SPDX-License-Identifier: Apache-2.0
#include "plugins/docker/event.hpp"

#include "plugins/docker/json.hpp"

namespace regent::plugins::docker {
namespace {

using nlohmann::json;

constexpr std::size_t maximum_action = 64, maximum_name = 256, maximum_attributes = 1024;

}  // namespace

std::optional<Event> parse_event(std::string_view line) {
    const json document = parse_json(line);
    const json* const actor = member(document, "Actor");
    if (actor == nullptr || text_of(document, "Type", maximum_action) != "container") return std::nullopt;
    Event made;
    made.action = text_of(document, "Action", maximum_action);
    made.id = text_of(*actor, "ID", maximum_action);
    if (made.action.empty() || !is_id(made.id)) return std::nullopt;
    made.time_ns = std::max(number_of(document, "timeNano").value_or(0), 0L);
    const json* const attributes = member(*actor, "Attributes");
    if (attributes == nullptr || !attributes->is_object()) return made;
    for (const auto& [key, value] : attributes->items()) {
        const auto* const text = value.get_ptr<const std::string*>();
        if (text != nullptr && made.attributes.size() < maximum_attributes) made.attributes[key] = *text;
    }
    made.name = text_of(*attributes, "name", maximum_name);
    made.old_name = text_of(*attributes, "oldName", maximum_name);
    if (made.old_name.starts_with('/')) made.old_name.erase(0, 1);
    return made;
}

bool LineReader::add(std::string_view part, const std::function<bool(std::string_view)>& take) {
    while (!part.empty() && !is_too_long_) {
        const std::size_t end = part.find('\n');
        const std::string_view piece = part.substr(0, end);
        if (begun_.size() + piece.size() > maximum_line) {
            is_too_long_ = true;
            begun_.clear();
            return false;
        }
        begun_ += piece;
        if (end == std::string_view::npos) return true;
        part.remove_prefix(end + 1);
        const std::string line = std::exchange(begun_, {});
        if (line.find_first_not_of(" \t\r") != std::string::npos && !take(line)) return false;
    }
    return !is_too_long_;
}

void LineReader::restart() {
    begun_.clear();
    is_too_long_ = false;
}

}  // namespace regent::plugins::docker
