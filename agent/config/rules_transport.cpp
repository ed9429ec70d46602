// SPDX-License-Identifier: Apache-2.0
// Multicast or unicast, and the addresses that go with it.
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "agent/config/instance_voice.hpp"
#include "agent/config/rules.hpp"
#include "agent/config/unfit.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::config {

namespace {

class Judge : InstanceVoice {
  public:
    Judge(InstanceDraft& draft, Report& report) : InstanceVoice(draft, report), draft_(draft) {}

    void all() {
        transport();
        sources();
        peers();
    }

  private:
    void transport() {
        core::Instance& instance = draft_.settings;
        const bool listed = draft_.places.has("unicast_peers");
        if (listed && draft_.places.has("multicast_group")) {
            error(draft_.places.of("multicast_group"), "conflict", "multicast_group",
                  "multicast_group and unicast_peers exclude each other");
        }
        for (const char* key : {"unicast_source", "unicast_ttl"}) {
            if (listed || !draft_.places.has(key)) continue;
            error(draft_.places.of(key), "conflict", key, fmt::format("{} needs unicast_peers", key),
                  std::string_view(key) == "unicast_source" ? "for multicast write source_address" : "");
        }
        if (instance.multicast_group && !instance.multicast_group->is_multicast()) {
            error(draft_.places.of("multicast_group"), "bad_value", "multicast_group",
                  fmt::format("{} is not a multicast address", instance.multicast_group->to_string()));
        }
        if (!draft_.places.has("pair")) {
            instance.pair = draft_.peers.size() == 1;
        } else if (instance.pair && draft_.peers.size() > 1) {
            error(draft_.places.of("pair"), "conflict", "pair",
                  fmt::format("a pair has one peer, but unicast_peers lists {}", draft_.peers.size()));
        }
        if (instance.multicast_group) same_family(*instance.multicast_group, "multicast_group");
    }

    bool same_family(const IpAddress& address, std::string_view key) {
        return same_family(address, key, draft_.places.of(key));
    }
    bool same_family(const IpAddress& address, std::string_view key, Place place) {
        if (!draft_.family() || address.family() == draft_.settings.family) return true;
        error(place, "conflict", key,
              fmt::format("{} is {}, but the instance is {}", address.to_string(),
                          to_string(address.family()), to_string(draft_.settings.family)));
        return false;
    }

    void sources() {
        core::Instance& instance = draft_.settings;
        if (instance.source_address) judge_source(*instance.source_address, "source_address");
        if (!draft_.unicast_source) return;
        judge_source(*draft_.unicast_source, "unicast_source");
        if (instance.source_address && *instance.source_address != *draft_.unicast_source) {
            error(draft_.places.of("unicast_source"), "conflict", "unicast_source",
                  fmt::format("unicast_source and source_address (line {}) differ",
                              draft_.places.of("source_address").line),
                  "they mean the same: write one of them");
        }
        instance.source_address = draft_.unicast_source;
    }

    void judge_source(const IpAddress& source, std::string_view key) {
        if (!same_family(source, key)) return;
        const Place place = draft_.places.of(key);
        if (const auto why = unfit(source); !why.empty()) {
            error(place, "bad_value", key,
                  fmt::format("{} cannot be a source address: it is {}", source.to_string(), why));
        } else if (draft_.settings.priority != vrrp::owner_priority && is_virtual(source)) {
            error(place, "conflict", key,
                  fmt::format("{} is one of the virtual addresses: a BACKUP does not have it",
                              source.to_string()),
                  "write an address that stays on this node");
        } else if (source.is_ipv6() && !source.is_link_local() && !draft_.places.has("unicast_peers")) {
            warning(place, "advice", key,
                    "the source of IPv6 multicast should be a link-local address (RFC 9568 §5.1.2.1)");
        }
    }

    bool is_virtual(const IpAddress& address) const {
        const auto same = [&](const auto& each) { return each.value.address == address; };
        return std::any_of(draft_.addresses.begin(), draft_.addresses.end(), same) ||
               std::any_of(draft_.excluded.begin(), draft_.excluded.end(), same);
    }

    void peers() {
        std::map<IpAddress, Place> seen;
        for (const auto& [peer, place] : draft_.peers) {
            const auto [first, is_new] = seen.emplace(peer, place);
            if (!is_new) {
                error(place, "duplicate", "unicast_peers",
                      fmt::format("{} is listed already at line {}, column {}", peer.to_string(),
                                  first->second.line, first->second.column));
            } else if (same_family(peer, "unicast_peers", place)) {
                judge_peer(peer, place);
            }
        }
        if (draft_.peers_listed == 0) {
            error(draft_.places.of("unicast_peers"), "bad_value", "unicast_peers", "unicast_peers is empty",
                  "list the other nodes, or leave unicast_peers out for multicast");
        }
    }

    void judge_peer(const IpAddress& peer, Place place) {
        if (const auto why = unfit(peer); !why.empty()) {
            error(place, "bad_value", "unicast_peers",
                  fmt::format("{} cannot be a peer: it is {}", peer.to_string(), why));
        } else if (is_virtual(peer)) {
            error(place, "conflict", "unicast_peers",
                  fmt::format("{} is one of the virtual addresses, not one of a peer", peer.to_string()));
        } else if (peer == draft_.settings.source_address) {
            error(place, "conflict", "unicast_peers",
                  fmt::format("{} is this node's own source address", peer.to_string()));
        }
    }

    InstanceDraft& draft_;
};

}  // namespace

void judge_transport(InstanceDraft& instance, Report& report) {
    Judge(instance, report).all();
}

}  // namespace regent::config
