// SPDX-License-Identifier: Apache-2.0
// The status document (regent.status.1) for people: what is wrong first, then who is what and why.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace regent::ctl {

/// `now`: µs since 1970. `colour`: ANSI colours; the words carry the meaning without them. `legend`: what the
/// columns are. `history`: whom each instance has heard, and its last changes of state.
std::string status_text(const nlohmann::ordered_json& status, std::uint64_t now, bool colour,
                        bool legend = true, bool history = false);

struct NameAndState {
    std::string name, state;
};
/// A line each; in columns for people, with one blank between for programs.
std::string list_text(const std::vector<NameAndState>& rows, bool columns, bool legend);

/// Sentences about what needs a person: the worst first. Empty: nothing.
std::vector<std::string> what_is_wrong(const nlohmann::ordered_json& status);

/// Every property of one instance, group, check, notifier or plugin, a line each.
std::string show_text(const nlohmann::ordered_json& object);

/// The same as one flat object: its counters are called "statistics.adverts_sent".
nlohmann::ordered_json properties_of(const nlohmann::ordered_json& object);

/// The values of such an object alone, a line each: texts as they are, what there are many of with blanks
/// between.
std::string values_text(const nlohmann::ordered_json& properties);

/// "3 s", "5 min", "2 h", "4 d".
std::string age(std::uint64_t since, std::uint64_t now);

}  // namespace regent::ctl
