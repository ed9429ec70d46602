// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <map>

#include "agent/config/instance_voice.hpp"
#include "agent/config/rules.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::config {

namespace {

using vrrp::Version;

constexpr std::size_t ethernet_mtu = 1500;

class Judge : InstanceVoice {
  public:
    Judge(InstanceDraft& draft, Report& report) : InstanceVoice(draft, report), draft_(draft) {}

    void all() {
        addresses();
        duplicates();
        version();
        timing();
        own_interface();
    }

  private:
    void addresses() {
        if (const auto family = draft_.family()) draft_.settings.family = *family;
        if (draft_.addresses_listed == 0) empty_list();
        for (const auto& [address, place] : draft_.addresses) {
            if (address.address.family() == draft_.settings.family) continue;
            error(place, "conflict", "addresses",
                  fmt::format("{} is {}, but the first address is {}: an instance has one family",
                              address.address.to_string(), to_string(address.address.family()),
                              to_string(draft_.settings.family)),
                  "write a second instance, or put it into addresses_excluded");
        }
        capacity();
        const bool first_is_wrong = draft_.settings.family == Family::ipv6 && !draft_.addresses.empty() &&
                                    !draft_.addresses.front().value.address.is_link_local();
        if (first_is_wrong) {
            warning(draft_.addresses.front().place, "advice", "addresses",
                    "the first IPv6 address should be a link-local one (RFC 9568 §5.2.9)",
                    "put an address of fe80::/10 in front, the same on every node");
        }
        for (const auto& [address, place] : draft_.addresses)
            end_of_network(address, place);
    }

    /// The kernel takes them; the other machines of the network do not answer, or all at once.
    void end_of_network(const core::VirtualAddress& address, Place place) {
        if (address.address.is_ipv6() || address.prefix > 30) return;
        std::uint32_t number = 0;
        for (const std::uint8_t byte : address.address.bytes())
            number = number << 8 | byte;
        const std::uint32_t host = 0xffffffffU >> address.prefix;
        const bool first = (number & host) == 0;
        if (!first && (number & host) != host) return;
        warning(place, "advice", "addresses",
                fmt::format("{} is the {} address of its network /{}", address.address.to_string(),
                            first ? "first" : "broadcast", address.prefix),
                "write an address between the two ends, or the prefix length of the network");
    }

    void empty_list() {
        const Place place = draft_.places.of("addresses");
        if (draft_.excluded_listed.value_or(0) == 0) {
            return error(place, "bad_value", "addresses", "addresses is empty", "list at least one address");
        }
        warning(place, "advice", "addresses", "no address is advertised: peers cannot compare lists");
    }

    void capacity() {
        const std::size_t most =
            vrrp::address_capacity(draft_.settings.version, draft_.settings.family, ethernet_mtu);
        if (draft_.addresses.size() <= most) return;
        warning(draft_.addresses[most].place, "capacity", "addresses",
                fmt::format(
                    "only the first {} addresses fit into an advertisement at an MTU of {}; the other {} are "
                    "treated as excluded",
                    most, ethernet_mtu, draft_.addresses.size() - most),
                "move them to addresses_excluded, on every node");
    }

    /// A link-local address may stand on several links; any other only once in an instance.
    void duplicates() {
        std::map<std::pair<std::string, IpAddress>, Place> seen;
        for (const auto* list : {&draft_.addresses, &draft_.excluded}) {
            for (const auto& [address, place] : *list) {
                const bool per_link = address.address.is_link_local();
                const auto [first, is_new] = seen.emplace(
                    std::pair(per_link ? address.device : std::string(), address.address), place);
                if (is_new) continue;
                error(place, "duplicate", list == &draft_.addresses ? "addresses" : "addresses_excluded",
                      fmt::format("{} is listed already at line {}, column {}", address.address.to_string(),
                                  first->second.line, first->second.column));
            }
        }
    }

    void version() {
        const core::Instance& instance = draft_.settings;
        const bool v2 = instance.version == Version::v2;
        if (v2 && instance.family == Family::ipv6) {
            error(draft_.places.of("version"), "conflict", "version", "version 2 is for IPv4 only",
                  "write version = 3, or leave it out");
        }
        if (draft_.places.has("auth") && !v2) {
            error(draft_.places.of("auth"), "conflict", "auth",
                  "version 3 has no authentication (RFC 9568 §9)",
                  "remove auth, or write version = 2 on every node");
        }
        const bool one_form = v2 || instance.family == Family::ipv6;
        if (one_form && instance.checksum != core::ChecksumPolicy::automatic) {
            warning(draft_.places.of("checksum"), "no_effect", "checksum",
                    "checksum has no effect: only version 3 over IPv4 has two forms");
        }
    }

    void timing() {
        const core::Instance& instance = draft_.settings;
        const bool owner = instance.priority == vrrp::owner_priority;
        const bool delayed = instance.preempt_delay != Duration::zero();
        if (owner && !instance.preempt) {
            error(draft_.places.of("preempt"), "conflict", "preempt",
                  "an owner (priority 255) always preempts (RFC 9568 §6.1)",
                  "write a priority of 254 or less, or remove preempt");
        } else if (delayed && (owner || !instance.preempt)) {
            warning(draft_.places.of("preempt_delay"), "no_effect", "preempt_delay",
                    owner ? "preempt_delay has no effect: an owner (priority 255) always preempts at once"
                          : "preempt_delay has no effect with preempt = false");
        }
    }

    void own_interface() {
        std::map<std::string, Place> seen;
        for (const auto& [tracker, place] : draft_.interfaces) {
            const auto [first, is_new] = seen.emplace(tracker.interface, place);
            if (!is_new) {
                error(place, "duplicate", "track_interfaces",
                      fmt::format("interface {} is tracked already at line {}, column {}", tracker.interface,
                                  first->second.line, first->second.column));
            } else if (tracker.interface == draft_.settings.interface) {
                warning(place, "no_effect", "track_interfaces",
                        "the instance's own interface is always tracked: without it the instance is FAULT");
            }
        }
    }

    InstanceDraft& draft_;
};

}  // namespace

void judge_instance(InstanceDraft& instance, Report& report) {
    Judge(instance, report).all();
}

}  // namespace regent::config
