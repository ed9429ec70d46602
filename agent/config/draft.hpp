// SPDX-License-Identifier: Apache-2.0
// What was read, with the places that the rules across tables need for their messages. Fields whose value was
// wrong keep their default; the rules skip what is not there, so that one mistake gives one diagnostic.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/plan.hpp"
#include "agent/config/report.hpp"
#include "agent/config/schema.hpp"
#include "agent/core/settings.hpp"

namespace regent::config {

/// The places of one table of the file: its name and its keys' values.
struct TablePlaces {
    Place header;
    std::map<std::string, Place, std::less<>> values;

    bool has(std::string_view key) const { return values.find(key) != values.end(); }
    Place of(std::string_view key) const {
        const auto found = values.find(key);
        return found == values.end() ? header : found->second;
    }
};

struct InstanceDraft {
    core::Instance settings;  ///< its lists are filled by finish()
    TablePlaces places;
    std::vector<Placed<core::VirtualAddress>> addresses;
    std::vector<Placed<core::VirtualAddress>> excluded;
    std::vector<Placed<core::Route>> routes;
    std::vector<Placed<IpAddress>> peers;
    std::vector<Placed<core::CheckTracker>> checks;
    std::vector<Placed<core::InterfaceTracker>> interfaces;
    /// How many entries the lists have, right or wrong; nothing when there is no such list.
    std::optional<std::size_t> addresses_listed;
    std::optional<std::size_t> excluded_listed;
    std::optional<std::size_t> peers_listed;
    std::optional<IpAddress> unicast_source;
    /// Of the first address, else of the first excluded one; nothing when neither is known.
    std::optional<Family> family() const;

    std::string subject() const;
    std::string path(std::string_view key) const;
};

struct GroupDraft {
    core::Group settings;
    TablePlaces places;
    std::vector<Placed<std::string>> members;
    std::vector<Placed<core::CheckTracker>> checks;
};

/// A check's or a notifier's use of a plugin. The offer points into what is installed.
struct UseDraft {
    PluginUse use;
    Offer offer;        ///< none: the type is not known or cannot be used
    bool good = false;  ///< every value is what the schema allows
};

struct CheckDraft {
    core::Check settings;
    CheckPlan plan;  ///< finish() puts settings and use into it
    UseDraft use;
    TablePlaces places;
};

struct NotifierDraft {
    NotifierPlan plan;  ///< finish() puts the use into it
    UseDraft use;
    TablePlaces places;
};

struct Draft {
    std::string node;
    std::vector<InstanceDraft> instances;
    std::vector<GroupDraft> groups;
    std::vector<CheckDraft> checks;
    std::vector<NotifierDraft> notifiers;

    /// What was read, when nothing was wrong. Empties the draft.
    std::pair<core::Settings, Plan> finish();
};

}  // namespace regent::config
