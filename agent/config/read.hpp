// SPDX-License-Identifier: Apache-2.0
// From one table of the file to one draft: types, ranges and defaults of each key by itself. What depends on
// more than one key is for rules.hpp.
#pragma once

#include "agent/config/config.hpp"
#include "agent/config/draft.hpp"
#include "agent/config/offers.hpp"
#include "agent/config/reader.hpp"

namespace regent::config {

/// All of a file. Reports into `report`; the draft is complete when there was no error.
Draft read_file(const toml::table& root, Report& report, Offers& offers, const std::string& host_name);

InstanceDraft read_instance(const toml::key& name, const toml::table& table, Report& report);
GroupDraft read_group(const toml::key& name, const toml::table& table, Report& report);
CheckDraft read_check(const toml::key& name, const toml::table& table, Report& report, Offers& offers);
NotifierDraft read_notifier(const toml::key& name, const toml::table& table, Report& report, Offers& offers);

/// `type` and the plugin's own keys, and whether any other key is one of the section's.
UseDraft read_use(const TableReader& reader, PluginKind kind, Offers& offers);

/// `addresses`, `addresses_excluded` and `routes`. The draft knows its interface already.
void read_addresses(const TableReader& reader, InstanceDraft& draft);
void read_routes(const TableReader& reader, InstanceDraft& draft);

/// `track` of an instance or a group, and `track_interfaces`.
std::vector<Placed<core::CheckTracker>> read_check_trackers(const TableReader& reader);
std::vector<Placed<core::InterfaceTracker>> read_interface_trackers(const TableReader& reader);

TablePlaces places_of(const toml::key& name, const toml::table& table);

}  // namespace regent::config
