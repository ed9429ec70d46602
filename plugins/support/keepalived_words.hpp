// SPDX-License-Identifier: Apache-2.0
// How keepalived says what happened: what its notify scripts get as arguments, and its FIFOs as lines.
#pragma once

#include <optional>
#include <string>

#include "regent/notifier.hpp"

namespace regent::plugins {

struct KeepalivedWords {
    std::string kind;  ///< INSTANCE or GROUP
    std::string name;
    std::string state;     ///< MASTER BACKUP FAULT STOP DELETED
    std::string priority;  ///< 0 for a group

    /// As a FIFO gets it: the name in quotes, unlike in arguments; with its line feed.
    std::string line() const { return kind + " \"" + name + "\" " + state + " " + priority + "\n"; }
};

/// Nothing for an event that keepalived does not know.
inline std::optional<KeepalivedWords> keepalived_words(const sdk::Event& event) {
    if (event.kind == sdk::EventKind::test) return std::nullopt;
    const bool group = event.kind == sdk::EventKind::group;
    std::string state = event.new_state;
    for (char& letter : state) {
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    }
    return KeepalivedWords{group ? "GROUP" : "INSTANCE", event.name, std::move(state),
                           std::to_string(group ? 0 : event.priority)};
}

}  // namespace regent::plugins
