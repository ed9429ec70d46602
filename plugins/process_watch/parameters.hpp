// SPDX-License-Identifier: Apache-2.0
// Judging parameters that both checks of processes have.
#pragma once

#include <initializer_list>
#include <string>

#include "regent/values.hpp"

namespace regent::plugins::process_watch {

/// Exactly one of `names` must be set; throws Blame.
inline void demand_one_of(const sdk::Values& values, std::initializer_list<std::string_view> names) {
    std::string list;
    std::string_view first;
    for (const std::string_view name : names) {
        list += (list.empty() ? "" : ", ") + std::string(name);
        if (!values.has(name)) continue;
        if (!first.empty())
            throw sdk::Blame(values, name,
                             "only one of " + std::string(first) + " and " + std::string(name) +
                                 " can say which process is meant");
        first = name;
    }
    if (first.empty())
        throw sdk::Blame(values, *names.begin(), "one of these must say which process is meant: " + list);
}

/// A unit's name as systemd has it: "haproxy" is haproxy.service. Throws Blame.
inline std::string service_unit(const sdk::Values& values, std::string_view name) {
    std::string unit = values.text(name);
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
    constexpr std::size_t maximum = 255;
    if (unit.empty() || unit.size() > maximum || unit.find_first_not_of(letters) != std::string::npos)
        throw sdk::Blame(values, name, "\"" + unit + "\" is no name of a unit");
    for (const std::string_view other :
         {".socket", ".timer", ".target", ".mount", ".slice", ".scope", ".path"}) {
        if (unit.ends_with(other)) throw sdk::Blame(values, name, "only a service has a main process");
    }
    if (!unit.ends_with(".service")) unit += ".service";
    return unit;
}

}  // namespace regent::plugins::process_watch
