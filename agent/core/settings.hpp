// SPDX-License-Identifier: Apache-2.0
// What the engine is told to do: the checked configuration, with every default filled in. agent/config makes
// it from TOML; tests make it by hand. The engine trusts it: names are unique, references exist, ranges hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/base/time.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::core {

using namespace std::chrono_literals;

/// Kernel address scope (rtnetlink.h RT_SCOPE_*).
enum class Scope : std::uint8_t { global = 0, site = 200, link = 253, host = 254 };

/// A virtual address as it is to stand on an interface.
struct VirtualAddress {
    IpAddress address;
    std::uint8_t prefix = 32;  ///< 1–32 or 1–128
    std::string device;        ///< interface that carries it; never empty
    std::string label;         ///< IPv4 only, ≤ 15 characters, empty for none
    Scope scope = Scope::global;
    std::optional<IpAddress> broadcast;  ///< IPv4 only

    bool operator==(const VirtualAddress&) const = default;
};

/// A route that stands while the instance is MASTER.
struct Route {
    IpAddress destination;
    std::uint8_t prefix = 0;
    std::optional<IpAddress> gateway;
    std::string device;  ///< never empty
    std::optional<IpAddress> source;
    std::optional<std::uint32_t> metric;
    std::optional<std::uint32_t> table;

    bool operator==(const Route&) const = default;
};

/// Gratuitous ARP and unsolicited NA.
struct Gratuitous {
    unsigned count = 5;   ///< announcements of each address at once, and again after `delay`; 1–100
    Duration delay = 5s;  ///< 0 = no second burst
    Duration refresh = Duration::zero();   ///< one more of each this often while MASTER; 0 = off
    Duration interval = Duration::zero();  ///< between two frames

    bool operator==(const Gratuitous&) const = default;
};

/// What a check without weight does when it is DOWN (rules.md 10).
enum class OnDown : std::uint8_t { last_resort, fault };

struct CheckTracker {
    std::string check;
    std::optional<int> weight;  ///< −253 to 253 and not 0; none: `on_down` applies
    OnDown on_down = OnDown::last_resort;

    bool operator==(const CheckTracker&) const = default;
};

struct InterfaceTracker {
    std::string interface;
    std::optional<int> weight;  ///< none: down means FAULT

    bool operator==(const InterfaceTracker&) const = default;
};

/// The form of the version 3 IPv4 checksum that is sent; automatic mirrors the peer (rules.md 5).
enum class ChecksumPolicy : std::uint8_t { automatic, message_only, pseudo_header };

struct Instance {
    std::string name;
    std::string interface;
    std::uint8_t virtual_router_id = 0;  ///< 1–255
    std::uint8_t priority = 100;         ///< 1–254; 255 = owner
    vrrp::Version version = vrrp::Version::v3;
    Family family = Family::ipv4;  ///< that of `addresses`
    Duration advert_interval = 1s;
    unsigned down_adverts = 3;                       ///< 1–100
    std::vector<VirtualAddress> addresses;           ///< advertised, in this order
    std::vector<VirtualAddress> addresses_excluded;  ///< set and removed with the rest, not advertised
    std::vector<Route> routes;

    /// How long the kernel keeps an address that is not renewed, in whole seconds; 0 = for ever (rules.md 7).
    Duration lease = Duration::zero();
    bool pair = false;
    bool preempt = true;
    Duration preempt_delay = Duration::zero();
    Duration startup_delay = Duration::zero();
    Duration recover_delay = 10s;
    Duration debounce = Duration::zero();  ///< how long a link must be down before it counts as down

    std::optional<IpAddress> source_address;
    std::optional<IpAddress> multicast_group;  ///< none: the RFC's
    std::vector<IpAddress> unicast_peers;      ///< not empty: unicast
    std::uint8_t unicast_ttl = 255;            ///< below 255, received TTLs are not checked either
    ChecksumPolicy checksum = ChecksumPolicy::automatic;
    std::optional<std::string> password;  ///< version 2 PASS
    Gratuitous gratuitous;

    std::vector<CheckTracker> checks;
    std::vector<InterfaceTracker> interfaces;

    bool operator==(const Instance&) const = default;
};

struct Group {
    std::string name;
    std::vector<std::string> members;  ///< instance names
    std::vector<CheckTracker> checks;

    bool operator==(const Group&) const = default;
};

/// What UNKNOWN means after a first verdict (rules.md 14).
enum class OnUnknown : std::uint8_t { hold, down, ignore };

/// The agent's part of a check; the plugin's own parameters are not the engine's concern.
struct Check {
    std::string name;
    std::string type;
    Duration interval = 1s;
    Duration timeout = 1s;
    unsigned rise = 1;
    unsigned fall = 1;
    OnUnknown on_unknown = OnUnknown::hold;
    std::optional<Duration> hold_time;  ///< bounds `hold`; none: for ever

    bool operator==(const Check&) const = default;
};

struct Settings {
    std::string node;
    std::vector<Instance> instances;
    std::vector<Group> groups;
    std::vector<Check> checks;

    bool operator==(const Settings&) const = default;
};

}  // namespace regent::core
