// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "agent/config/read.hpp"
#include "agent/config/unfit.hpp"

namespace regent::config {

namespace {

using core::Scope;
using core::VirtualAddress;

constexpr std::array<std::pair<std::string_view, Scope>, 4> scope_words{
    {{"global", Scope::global}, {"site", Scope::site}, {"link", Scope::link}, {"host", Scope::host}}};

constexpr std::size_t longest_label = 15;  ///< IFNAMSIZ without its NUL (linux/if.h)

std::string item_path(const TableReader& reader, std::string_view key, std::size_t index) {
    return fmt::format("{}.{}[{}]", reader.path(), key, index);
}

/// The address and prefix of `text`, judged; nothing after an error.
std::optional<VirtualAddress> read_one(const TableReader& reader, std::string_view key,
                                       const toml::node& node, const std::string& text) {
    const auto parsed = reader.prefixed(node, key, text);
    if (!parsed) return std::nullopt;
    if (const auto why = unfit(parsed->address); !why.empty()) {
        reader.error(
            place_of(node), "bad_value", key,
            fmt::format("{} cannot be a virtual address: it is {}", parsed->address.to_string(), why));
        return std::nullopt;
    }
    if (parsed->prefix == 0) {
        reader.error(place_of(node), "out_of_range", key,
                     "the prefix length of a virtual address must be at least 1");
        return std::nullopt;
    }
    VirtualAddress address;
    address.address = parsed->address;
    address.prefix = parsed->prefix.value_or(parsed->address.full_prefix());
    return address;
}

void only_ipv4(const TableReader& reader, std::string_view key) {
    reader.error(reader.place(key), "conflict", key, fmt::format("{} is for IPv4 addresses only", key));
}

void read_label(const TableReader& reader, VirtualAddress& address) {
    const auto label = reader.text("label");
    if (!label) return;
    if (address.address.is_ipv6()) return only_ipv4(reader, "label");
    const bool printable_only =
        std::all_of(label->begin(), label->end(), [](char c) { return c > ' ' && c <= '~'; });
    if (label->empty() || label->size() > longest_label || !printable_only) {
        return reader.error(reader.place("label"), "bad_value", "label",
                            fmt::format("label {} must be 1 to {} characters of ASCII without blanks",
                                        in_quotes(*label), longest_label),
                            "usual is the interface, a colon and a word, as in \"eth0:vip\"");
    }
    address.label = *label;
}

void read_scope(const TableReader& reader, VirtualAddress& address) {
    const auto scope = reader.choice<Scope>("scope", scope_words);
    if (!scope) return;
    if (address.address.is_ipv6()) {
        return reader.error(reader.place("scope"), "conflict", "scope",
                            "scope is for IPv4 addresses only: the kernel derives that of IPv6");
    }
    address.scope = *scope;
}

void read_broadcast(const TableReader& reader, VirtualAddress& address) {
    const auto broadcast = reader.address("broadcast");
    if (!broadcast) return;
    if (address.address.is_ipv6()) return only_ipv4(reader, "broadcast");
    if (broadcast->is_ipv6()) {
        return reader.error(reader.place("broadcast"), "conflict", "broadcast",
                            "broadcast must be an IPv4 address");
    }
    address.broadcast = *broadcast;
}

std::optional<VirtualAddress> read_address_table(const TableReader& parent, std::string_view key,
                                                 const toml::table& table, std::size_t index) {
    const TableReader reader(table, Section::address, parent.subject(), item_path(parent, key, index),
                             parent.report());
    reader.check_keys();
    const auto text = reader.text("address");
    auto address = text ? read_one(reader, "address", *reader.node("address"), *text) : std::nullopt;
    VirtualAddress scratch;  // the other keys are judged even when the address itself is wrong
    VirtualAddress& target = address ? *address : scratch;
    if (const auto device = reader.interface("device")) target.device = *device;
    read_label(reader, target);
    read_scope(reader, target);
    read_broadcast(reader, target);
    return address;
}

std::optional<std::size_t> read_list(const TableReader& reader, std::string_view key,
                                     const std::string& interface, std::vector<Placed<VirtualAddress>>& out) {
    const toml::array* list = reader.list(key);
    if (list == nullptr) return std::nullopt;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const toml::node& node = *list->get(i);
        std::optional<VirtualAddress> address;
        if (const toml::table* table = node.as_table()) {
            address = read_address_table(reader, key, *table, i);
        } else if (const auto text = reader.item_text(node, key, "an address or a table")) {
            address = read_one(reader, key, node, *text);
        }
        if (!address) continue;
        if (address->device.empty()) address->device = interface;
        out.push_back({std::move(*address), place_of(node)});
    }
    return list->size();
}

/// The network that `address` with `prefix` belongs to.
IpAddress network_of(const IpAddress& address, std::uint8_t prefix) {
    Bytes bytes(address.bytes().begin(), address.bytes().end());
    for (std::size_t bit = prefix; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80U >> (bit % 8)));
    }
    return *IpAddress::from_bytes(bytes);
}

/// "default" needs another address to know its family.
std::optional<PrefixedAddress> read_default(const TableReader& reader, const core::Route& route) {
    const auto& other = route.gateway ? route.gateway : route.source;
    if (!other) {
        const bool other_is_wrong = reader.has("via") || reader.has("source");
        if (!other_is_wrong) {
            reader.error(reader.place("to"), "conflict", "to",
                         "\"default\" needs via or source to know its family",
                         "or write \"0.0.0.0/0\" or \"::/0\"");
        }
        return std::nullopt;
    }
    return PrefixedAddress{other->is_ipv4() ? IpAddress() : *IpAddress::parse("::"), std::uint8_t{0}};
}

std::optional<PrefixedAddress> read_destination(const TableReader& reader, const core::Route& route) {
    const auto text = reader.text("to");
    if (!text) return std::nullopt;
    if (*text == "default") return read_default(reader, route);
    const auto parsed = reader.prefixed(*reader.node("to"), "to", *text);
    if (!parsed) return std::nullopt;
    const std::uint8_t prefix = parsed->prefix.value_or(parsed->address.full_prefix());
    const IpAddress network = network_of(parsed->address, prefix);
    if (network == parsed->address) return PrefixedAddress{network, prefix};
    reader.error(reader.place("to"), "bad_value", "to",
                 fmt::format("{} has bits beyond its prefix, which the kernel refuses", in_quotes(*text)),
                 fmt::format("write \"{}/{}\"", network.to_string(), prefix));
    return std::nullopt;
}

bool same_family(const TableReader& reader, std::string_view key, const std::optional<IpAddress>& address,
                 Family family) {
    if (!address || address->family() == family) return true;
    reader.error(reader.place(key), "conflict", key,
                 fmt::format("{} is an {} address, but the route is {}", key, to_string(address->family()),
                             to_string(family)));
    return false;
}

/// The address of `key`, a machine's; nothing after an error.
std::optional<IpAddress> read_host(const TableReader& reader, std::string_view key) {
    const auto address = reader.address(key);
    if (!address) return std::nullopt;
    const auto why = unfit(*address);
    if (why.empty()) return address;
    reader.error(reader.place(key), "bad_value", key,
                 fmt::format("{} cannot be {}: it is {}", key, address->to_string(), why));
    return std::nullopt;
}

std::optional<core::Route> read_route(const TableReader& reader, const std::string& interface) {
    core::Route route;
    route.gateway = read_host(reader, "via");
    route.source = read_host(reader, "source");
    route.device = reader.interface("device").value_or(interface);
    if (const auto metric = reader.integer("metric", 0, 0xffffffff))
        route.metric = static_cast<std::uint32_t>(*metric);
    if (const auto table = reader.integer("table", 1, 0xffffffff))
        route.table = static_cast<std::uint32_t>(*table);
    const auto destination = read_destination(reader, route);
    if (!destination) return std::nullopt;
    route.destination = destination->address;
    route.prefix = *destination->prefix;
    const Family family = route.destination.family();
    const bool via_fits = same_family(reader, "via", route.gateway, family);
    const bool source_fits = same_family(reader, "source", route.source, family);
    return via_fits && source_fits ? std::optional(route) : std::nullopt;
}

}  // namespace

void read_addresses(const TableReader& reader, InstanceDraft& draft) {
    draft.addresses_listed = read_list(reader, "addresses", draft.settings.interface, draft.addresses);
    draft.excluded_listed = read_list(reader, "addresses_excluded", draft.settings.interface, draft.excluded);
}

void read_routes(const TableReader& reader, InstanceDraft& draft) {
    const toml::array* list = reader.list("routes");
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const toml::node& node = *list->get(i);
        const toml::table* table = node.as_table();
        if (table == nullptr) {
            reader.wrong_item(node, "routes", "a table");
            continue;
        }
        const TableReader entry(*table, Section::route, reader.subject(), item_path(reader, "routes", i),
                                reader.report());
        entry.check_keys();
        if (auto route = read_route(entry, draft.settings.interface)) {
            draft.routes.push_back({std::move(*route), place_of(node)});
        }
    }
}

}  // namespace regent::config
