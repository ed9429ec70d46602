// SPDX-License-Identifier: Apache-2.0
// What a keepalived.conf says, as far as regent has it, and notes about the rest. Values are TOML already: a
// value that is wrong is written as it stands, and the check of the result says what is wrong with it.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/config/keepalived/findings.hpp"

namespace regent::config::keepalived {

/// A comment of the result, about what stands at `spot`.
struct Note {
    Spot spot;
    std::string text;
};

struct Entry {
    std::string key;
    std::string value;  ///< TOML
    Spot spot;
};

/// A table of the result.
struct Table {
    std::string name;
    Spot spot;
    std::vector<Entry> entries;
    std::vector<Note> notes;

    bool has(std::string_view key) const {
        return std::any_of(entries.begin(), entries.end(),
                           [&](const Entry& each) { return each.key == key; });
    }
    /// Whether a note says that something of that line is lost.
    bool tells_of_loss(const Spot& where) const {
        return std::any_of(notes.begin(), notes.end(), [&](const Note& each) {
            return each.spot.file == where.file && each.spot.place.line == where.place.line &&
                   (each.text.starts_with("LOST") || each.text.starts_with("UNKNOWN"));
        });
    }
    /// As keepalived does: the last one counts.
    void set(std::string key, std::string value, const Spot& where) {
        std::erase_if(entries, [&](const Entry& each) { return each.key == key; });
        entries.push_back({std::move(key), std::move(value), where});
    }
};

/// How a tracker moves the priority; 0 alone decides.
struct Weight {
    int value = 0;
    bool reverse = false;
};

enum class Tracked { check, interface };

struct Tracker {
    Tracked kind = Tracked::check;
    std::string name;
    std::optional<Weight> weight;  ///< none: that of what is tracked
    Spot spot;
};

/// A vrrp_script or a vrrp_track_process.
struct Check {
    Table table;
    Weight weight;
    bool can_run = false;     ///< false: what it would run is missing or wrong, which was said
    bool is_tracked = false;  ///< set by resolve_tracking(); keepalived runs no other
};

/// An instance's or a group's wish to have a program run.
struct Notify {
    std::vector<std::string> command;
    bool needs_shell = false;  ///< the command is one text for sh
    std::string event;         ///< empty: every one, with keepalived's four arguments
    std::string keyword;
    std::string user;
    Spot spot;
};

/// An entry of an instance's addresses.
struct Address {
    IpAddress address;
    std::string device;  ///< empty: the instance's interface
    std::string toml;
    Spot spot;
};

struct Item {
    std::string toml;
    Spot spot;
};

/// Number of announcements and their times, as TOML; none: not given.
struct Announcing {
    std::optional<std::string> count, delay, refresh, interval, interval6;
};

struct Instance {
    Table table;
    std::string interface;
    int priority = 100;
    bool has_priority = false;  ///< given, if only a wrong one
    Spot priority_spot;
    std::size_t checks_before = 0;  ///< keepalived knows those alone when it reads what is tracked
    std::optional<Given<std::string>> version;
    std::optional<Given<std::string>> interval;  ///< advert_int, in seconds
    std::optional<Spot> master, nopreempt, auth;
    std::string password;
    std::string auth_type;
    std::optional<Given<std::string>> preempt_delay;  ///< TOML
    std::optional<Given<std::string>> source, multicast_group, unicast_ttl, down_adverts;
    std::vector<Item> peers;
    std::optional<Spot> peers_listed;
    std::vector<Address> addresses, excluded;
    std::vector<Item> routes;
    std::vector<Tracker> trackers;
    std::vector<Notify> notifies;
    Announcing announcing;
    /// Set by resolve_tracking().
    std::vector<Item> track, track_interfaces;
    int shift = 0;  ///< of the priority: keepalived adds a positive weight while things are well

    Family family() const {
        const auto& list = addresses.empty() ? excluded : addresses;
        return list.empty() ? Family::ipv4 : list.front().address.family();
    }
};

struct Group {
    Table table;
    std::vector<Given<std::string>> members;
    std::vector<Tracker> trackers;
    std::vector<Notify> notifies;
    bool uses_weights = false;      ///< sync_group_tracking_weight
    std::size_t checks_before = 0;  ///< as of an instance
    std::vector<Item> track;        ///< set by resolve_tracking()
};

/// global_defs and what stands beside it at the top.
struct Globals {
    Table agent;
    std::string version;  ///< empty: keepalived's, 2 and for IPv6 3
    std::optional<std::string> multicast_group4, multicast_group6;
    std::optional<Given<std::string>> startup_delay, down_adverts;  ///< TOML
    Announcing announcing;
    bool least_announcing = false;                       ///< vrrp_min_garp
    std::map<std::string, Given<std::string>> debounce;  ///< by interface, TOML
    std::vector<Table> fifos;
    std::optional<Spot> script_user;
};

struct Model {
    Globals globals;
    std::vector<Instance> instances;
    std::vector<Group> groups;
    std::vector<Check> checks;

    Check* check(std::string_view name) { return named(checks, name); }
    Group* group(std::string_view name) { return named(groups, name); }
    Instance* instance(std::string_view name) { return named(instances, name); }

  private:
    template <class T>
    static T* named(std::vector<T>& list, std::string_view name) {
        const auto found =
            std::find_if(list.begin(), list.end(), [&](const T& each) { return each.table.name == name; });
        return found == list.end() ? nullptr : &*found;
    }
};

}  // namespace regent::config::keepalived
