// SPDX-License-Identifier: Apache-2.0
// Every key that a configuration may have, in one table: it finds unknown keys, words the errors about types,
// gives the examples in hints, and a test holds docs/configuration.md against it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace regent::config {

/// The kinds of tables in a configuration file.
enum class Section {
    root,
    agent,
    instance,
    address,  ///< an entry of addresses and addresses_excluded
    route,    ///< an entry of routes
    garp,
    auth,
    check_tracker,      ///< an entry of track
    interface_tracker,  ///< an entry of track_interfaces
    group,
    check,
    notifier,
};

struct KeyInfo {
    std::string_view name;
    std::string_view type;     ///< with its article, fits "must be …"
    std::string_view preset;   ///< the default as the documentation prints it; empty: none
    std::string_view example;  ///< a value in TOML
    bool required = false;
};

std::span<const KeyInfo> keys_of(Section section);

/// The entry of `name`; nullptr when the section has no such key.
const KeyInfo* find_key(Section section, std::string_view name);

std::vector<std::string> key_names(Section section);

/// A key that is refused for a reason of its own: not built yet, or a word of Keepalived.
struct RefusedKey {
    std::string_view name;
    std::string_view code;     ///< "unsupported" or "unknown_key"
    std::string_view message;  ///< empty: the usual one
    std::string_view hint;
};

/// nullptr: nothing particular is known about `name`.
const RefusedKey* find_refused(Section section, std::string_view name);

}  // namespace regent::config
