// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "agent/config/read.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::config {

namespace {

using namespace std::chrono_literals;
using core::ChecksumPolicy;
using vrrp::Version;

constexpr std::array<std::pair<std::string_view, ChecksumPolicy>, 3> checksum_words{
    {{"auto", ChecksumPolicy::automatic},
     {"rfc9568", ChecksumPolicy::message_only},
     {"rfc5798", ChecksumPolicy::pseudo_header}}};

constexpr Duration shortest_interval = 10ms;    ///< RFC 9568 §5.2.7: centiseconds
constexpr Duration longest_interval = 40950ms;  ///< RFC 9568 §5.2.7: 12 bits
constexpr Duration longest_v2_interval = 255s;  ///< RFC 3768 §5.3.7: 8 bits, seconds
constexpr int most_down_adverts = 100;
constexpr Duration longest_lease = most_down_adverts * longest_v2_interval;  ///< what true may come to
constexpr Duration renewal_margin = 250ms;                                   ///< a renewal may be that late
constexpr std::size_t longest_password = vrrp::authentication_size;

template <class T, class U>
void assign(T& target, const std::optional<U>& value) {
    if (value) target = static_cast<T>(*value);
}

void read_identity(const TableReader& reader, core::Instance& instance) {
    assign(instance.interface, reader.interface("interface"));
    assign(instance.virtual_router_id, reader.integer("virtual_router_id", 1, 255));
    assign(instance.priority, reader.integer("priority", 1, 255));
}

/// The version of the protocol decides what an interval may be. An unknown version leaves only the type to
/// check.
void read_interval(const TableReader& reader, core::Instance& instance) {
    const auto version = reader.integer("version", 2, 3);
    if (reader.has("version") && !version) {
        reader.duration("advert_interval");
        return;
    }
    assign(instance.version, version);
    const bool v2 = instance.version == Version::v2;
    const Duration unit = v2 ? Duration(1s) : shortest_interval;
    const auto interval =
        reader.duration("advert_interval", unit, v2 ? longest_v2_interval : longest_interval);
    if (!interval) return;
    if (*interval % unit != Duration::zero()) {
        return reader.error(reader.place("advert_interval"), "out_of_range", "advert_interval",
                            fmt::format("advert_interval must be a multiple of {} in version {}",
                                        format_duration(unit), v2 ? 2 : 3),
                            v2 ? "version 3 can carry shorter intervals" : "");
    }
    instance.advert_interval = *interval;
}

Duration shortest_lease(const core::Instance& instance) {
    return std::chrono::ceil<std::chrono::seconds>(instance.advert_interval + renewal_margin);
}

/// rules.md 7: as long as a peer waits, in whole seconds, and long enough to be renewed. `down_adverts` below
/// 3 would else end leases between two advertisements.
Duration default_lease(const core::Instance& instance) {
    const Duration peer_down = instance.down_adverts * instance.advert_interval;
    return std::max<Duration>(std::chrono::floor<std::chrono::seconds>(peer_down), shortest_lease(instance));
}

void read_lease(const TableReader& reader, core::Instance& instance) {
    const bool owner = instance.priority == vrrp::owner_priority;
    if (!reader.has("lease") || reader.is_boolean("lease")) {
        const bool wanted = reader.boolean("lease").value_or(!owner);
        if (!wanted) return;
        instance.lease = default_lease(instance);
    } else {
        const Duration least = shortest_lease(instance);
        const auto lease = reader.duration("lease", least, longest_lease);
        if (!lease) return;
        if (*lease % 1s != Duration::zero()) {
            return reader.error(reader.place("lease"), "out_of_range", "lease",
                                "lease must be a number of whole seconds: the kernel counts in them");
        }
        instance.lease = *lease;
    }
    if (owner) {
        reader.error(reader.place("lease"), "conflict", "lease",
                     "the owner of the addresses (priority 255) has no lease", "remove the key");
    }
}

void read_behaviour(const TableReader& reader, core::Instance& instance) {
    assign(instance.down_adverts, reader.integer("down_adverts", 1, most_down_adverts));
    assign(instance.pair, reader.boolean("pair"));
    assign(instance.preempt, reader.boolean("preempt"));
    assign(instance.preempt_delay, reader.duration("preempt_delay"));
    assign(instance.startup_delay, reader.duration("startup_delay"));
    assign(instance.recover_delay, reader.duration("recover_delay"));
    assign(instance.debounce, reader.duration("debounce"));
}

void read_peers(const TableReader& reader, InstanceDraft& draft) {
    const toml::array* list = reader.list("unicast_peers");
    if (list == nullptr) return;
    draft.peers_listed = list->size();
    for (const toml::node& node : *list) {
        if (const auto peer = reader.item_address(node, "unicast_peers"))
            draft.peers.push_back({*peer, place_of(node)});
    }
}

void read_transport(const TableReader& reader, InstanceDraft& draft) {
    core::Instance& instance = draft.settings;
    instance.source_address = reader.address("source_address");
    instance.multicast_group = reader.address("multicast_group");
    draft.unicast_source = reader.address("unicast_source");
    read_peers(reader, draft);
    assign(instance.unicast_ttl, reader.integer("unicast_ttl", 1, 255));
    assign(instance.checksum, reader.choice<ChecksumPolicy>("checksum", checksum_words));
}

void read_password(const TableReader& reader, core::Instance& instance) {
    const auto password = reader.text("password");
    if (!password) return;
    const Place place = reader.place("password");
    if (*password == "***") {
        return reader.error(place, "bad_value", "password",
                            "\"***\" stands for a password that was not shown",
                            "write the password itself; regentctl config dump shows it with --show-secrets");
    }
    if (password->empty() || password->size() > longest_password) {
        return reader.error(
            place, "out_of_range", "password",
            fmt::format("password must be 1 to {} bytes, not {}", longest_password, password->size()),
            password->empty() ? "" : "Keepalived cuts a longer one: write its first 8 bytes");
    }
    if (password->find('\0') != std::string::npos) {
        return reader.error(place, "bad_value", "password", "password cannot hold a NUL byte");
    }
    instance.password = *password;
}

/// A password may stand under a misspelt key, or in the place of the table.
void hide_misplaced_password(const toml::node& auth, Report& report) {
    const toml::table* table = auth.as_table();
    if (table == nullptr) return report.hide(auth.source().begin.line, auth.source().end.line);
    for (const auto& [key, node] : *table) {
        if (find_key(Section::auth, key.str()) != nullptr) continue;
        report.hide(key.source().begin.line, node.source().end.line);
    }
}

void read_auth(const TableReader& reader, core::Instance& instance) {
    if (const toml::node* auth = reader.node("auth")) hide_misplaced_password(*auth, reader.report());
    const toml::table* table = reader.table("auth");
    if (table == nullptr) return;
    const TableReader auth(*table, Section::auth, reader.subject() + ": auth", reader.path() + ".auth",
                           reader.report());
    auth.check_keys();
    const auto type = auth.text("type");
    if (type && *type != "pass") {
        auth.error(auth.place("type"), "unsupported", "type",
                   fmt::format("the authentication type {} is not supported", in_quotes(*type)),
                   *type == "ah" || *type == "AH"
                       ? "AH is not supported: write type = \"pass\", or leave auth out"
                       : "write type = \"pass\"; AH is not supported");
    }
    read_password(auth, instance);
}

void read_garp(const TableReader& reader, core::Instance& instance) {
    const toml::table* table = reader.table("garp");
    if (table == nullptr) return;
    const TableReader garp(*table, Section::garp, reader.subject() + ": garp", reader.path() + ".garp",
                           reader.report());
    garp.check_keys();
    assign(instance.gratuitous.count, garp.integer("count", 1, 100));
    assign(instance.gratuitous.delay, garp.duration("delay"));
    assign(instance.gratuitous.interval, garp.duration("interval", Duration::zero(), 10s));
    const auto refresh = garp.duration("refresh");
    if (!refresh) return;
    if (*refresh != Duration::zero() && *refresh < 1s) {
        return garp.error(garp.place("refresh"), "out_of_range", "refresh",
                          "refresh must be 0s (off) or at least 1s");
    }
    instance.gratuitous.refresh = *refresh;
}

}  // namespace

InstanceDraft read_instance(const toml::key& name, const toml::table& table, Report& report) {
    InstanceDraft draft;
    draft.settings.name = name.str();
    draft.places = places_of(name, table);
    TableReader reader(table, Section::instance, draft.subject(),
                       fmt::format("instance.{}", path_part(name.str())), report);
    reader.set_place(draft.places.header);
    reader.check_keys();
    read_identity(reader, draft.settings);
    read_interval(reader, draft.settings);
    read_behaviour(reader, draft.settings);
    read_lease(reader, draft.settings);
    read_transport(reader, draft);
    read_auth(reader, draft.settings);
    read_garp(reader, draft.settings);
    read_addresses(reader, draft);
    read_routes(reader, draft);
    draft.checks = read_check_trackers(reader);
    draft.interfaces = read_interface_trackers(reader);
    return draft;
}

}  // namespace regent::config
