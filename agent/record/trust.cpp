// SPDX-License-Identifier: Apache-2.0
#include "agent/record/trust.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "agent/base/text.hpp"
#include "agent/core/memory.hpp"

namespace regent::record {
namespace {

using namespace std::chrono_literals;
using vrrp::Version;

constexpr Duration longest_v2_interval = 255s;     ///< RFC 3768 §5.3.7
constexpr Duration longest_v3_interval = 40950ms;  ///< RFC 9568 §5.2.7
constexpr Duration shortest_interval = 10ms;
constexpr int largest_weight = 253;
constexpr unsigned largest_threshold = 100;

class Judge {
  public:
    explicit Judge(const core::Settings& settings) : settings_(settings) {}

    Result<void> verdict() {
        for (const auto& check : settings_.checks) {
            of("check", check.name);
            must(checks_.insert(check.name).second, "is there twice");
            must(std::min(check.rise, check.fall) >= 1 &&
                     std::max(check.rise, check.fall) <= largest_threshold,
                 "rise and fall are 1 to 100");
        }
        for (const auto& instance : settings_.instances)
            judge(instance);
        std::set<std::string> groups;
        for (const auto& group : settings_.groups) {
            of("group", group.name);
            must(!group.name.empty() && groups.insert(group.name).second, "has no name of its own");
            must(!group.members.empty(), "has no members");
            for (const auto& member : group.members) {
                must(instances_.contains(member), concat("there is no instance \"", member, "\""));
                must(grouped_.insert(member).second, concat("\"", member, "\" is in a group already"));
            }
            judge(group.checks);
        }
        if (problem_.empty()) return {};
        return failure(problem_);
    }

  private:
    void of(std::string_view kind, const std::string& name) { subject_ = concat(kind, " \"", name, "\": "); }
    /// The first problem is told.
    void must(bool condition, std::string_view otherwise) {
        if (!condition && problem_.empty()) problem_ = concat(subject_, otherwise);
    }

    void judge(const core::Instance& instance) {
        of("instance", instance.name);
        must(!instance.name.empty() && instances_.insert(instance.name).second, "has no name of its own");
        must(!instance.interface.empty(), "has no interface");
        must(keys_.insert(core::key_of(instance)).second, "its virtual router is taken");
        must(instance.virtual_router_id != 0 && instance.priority != 0,
             "virtual router id and priority are at least 1");
        must(instance.version == Version::v3 || instance.family == Family::ipv4, "version 2 is for IPv4");
        judge_time(instance);
        judge_addresses(instance);
        judge(instance.checks);
        std::set<std::string> tracked;
        for (const auto& tracker : instance.interfaces) {
            must(tracked.insert(tracker.interface).second, "tracks an interface twice");
            judge(tracker.weight);
        }
    }

    void judge_time(const core::Instance& instance) {
        const Duration longest = instance.version == Version::v2 ? longest_v2_interval : longest_v3_interval;
        must(instance.advert_interval >= shortest_interval && instance.advert_interval <= longest,
             "advert_interval is out of range");
        must(instance.down_adverts >= 1 && instance.down_adverts <= 100, "down_adverts is 1 to 100");
        must(instance.lease % 1s == Duration::zero(), "lease is whole seconds");
        const auto& gratuitous = instance.gratuitous;
        must(gratuitous.count >= 1 && gratuitous.count <= 100, "gratuitous.count is 1 to 100");
        must(gratuitous.refresh == Duration::zero() || gratuitous.refresh >= 1s,
             "gratuitous.refresh is 0 or at least 1 s");
        must(gratuitous.interval <= 10s, "gratuitous.interval is at most 10 s");
    }

    void judge_addresses(const core::Instance& instance) {
        const auto of_family = [&](const auto& address) {
            must(address.family() == instance.family, "an address is of the other family");
        };
        for (const auto* list : {&instance.addresses, &instance.addresses_excluded}) {
            for (const auto& address : *list) {
                judge_prefix(address.address, address.prefix);
                must(!address.device.empty(), "an address has no device");
                must(!address.broadcast || address.broadcast->is_ipv4(), "a broadcast address is IPv4");
            }
        }
        for (const auto& address : instance.addresses)
            of_family(address.address);
        if (instance.source_address) of_family(*instance.source_address);
        if (instance.multicast_group) of_family(*instance.multicast_group);
        for (const auto& peer : instance.unicast_peers)
            of_family(peer);
        for (const auto& route : instance.routes) {
            judge_prefix(route.destination, route.prefix);
            must(!route.device.empty(), "a route has no device");
        }
    }

    void judge_prefix(const IpAddress& address, std::uint8_t prefix) {
        must(prefix <= address.full_prefix(), concat("the prefix of ", address, " is too long"));
    }

    void judge(const std::optional<int>& weight) {
        must(!weight || (*weight != 0 && *weight >= -largest_weight && *weight <= largest_weight),
             "a weight is -253 to 253 and not 0");
    }

    void judge(const std::vector<core::CheckTracker>& trackers) {
        std::set<std::string> tracked;
        for (const auto& tracker : trackers) {
            must(checks_.contains(tracker.check), concat("there is no check \"", tracker.check, "\""));
            must(tracked.insert(tracker.check).second, "tracks a check twice");
            judge(tracker.weight);
        }
    }

    const core::Settings& settings_;
    std::set<std::string> checks_;
    std::set<std::string> instances_;
    std::set<std::string> grouped_;
    std::set<core::RouterKey> keys_;
    std::string subject_;
    std::string problem_;
};

}  // namespace

Result<void> check_trust(const core::Settings& settings) {
    return Judge(settings).verdict();
}

}  // namespace regent::record
