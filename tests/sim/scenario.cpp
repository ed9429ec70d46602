// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario.hpp"

#include <algorithm>

#include "agent/base/text.hpp"

#include "tests/unit/core/builders.hpp"

namespace regent::sim {

using namespace core;
using namespace std::chrono_literals;

namespace {

/// rules.md 7: whole seconds of peer_down, at least one.
Duration lease_for(Duration peer_down) {
    return std::max<Duration>(1s, std::chrono::floor<std::chrono::seconds>(peer_down));
}

std::string virtual_text(const Scenario& s, unsigned lan, std::size_t instance, unsigned which) {
    return s.family == Family::ipv4 ? concat("10.", lan, ".0.", 100 + instance * 10 + which)
                                    : concat("2001:db8:", lan, "::", 100 + instance * 10 + which);
}

struct Common {
    vrrp::Version version = vrrp::Version::v3;
    bool pair = false;
    bool preempt = true;
    bool lease = true;
    bool unicast = false;
    unsigned addresses = 1;
    Duration recover_delay{};
    std::optional<CheckTracker> tracker;
    Check check;
    Gratuitous gratuitous;
};

Instance make_instance(const Scenario& s, const Common& common, std::size_t k) {
    const auto lan = static_cast<unsigned>(k % s.lans);
    std::vector<std::string> addresses;
    for (unsigned which = 0; which < common.addresses; ++which)
        addresses.push_back(virtual_text(s, lan, k, which));
    auto instance = test::make_instance(concat("VI_", k + 1), concat("eth", lan),
                                        static_cast<std::uint8_t>(51 + k), 100, addresses);
    instance.version = common.version;
    instance.advert_interval = s.interval;
    instance.down_adverts = s.down_adverts;
    instance.pair = common.pair;
    instance.preempt = common.preempt;
    if (common.lease) instance.lease = lease_for(s.interval * s.down_adverts);
    instance.recover_delay = common.recover_delay;
    instance.gratuitous = common.gratuitous;
    if (common.tracker) instance.checks.push_back(*common.tracker);
    return instance;
}

Common draw_common(Scenario& s, std::size_t machines, Random& random) {
    Common common;
    common.version = random.percent(40) ? vrrp::Version::v2 : vrrp::Version::v3;
    if (common.version == vrrp::Version::v3 && random.percent(30)) s.family = Family::ipv6;
    s.interval = common.version == vrrp::Version::v2
                     ? 1s
                     : random.pick<Duration>({10ms, 20ms, 50ms, 100ms, 100ms, 250ms, 1s, 1s});
    s.down_adverts = random.percent(80) ? 3 : random.between(2, 5);
    common.unicast = random.percent(15);
    common.pair = machines == 2 && (common.unicast || random.percent(60));
    common.preempt = random.percent(75);
    common.lease = random.percent(85);
    common.addresses = random.between(1, 3);
    common.recover_delay = random.pick<Duration>({0s, 1s, 2s, 10s});
    common.gratuitous = random.percent(80) ? Gratuitous{1, 0s, 0s, 0s} : Gratuitous{};
    if (random.percent(60)) {
        CheckTracker tracker{"service", std::nullopt, OnDown::last_resort};
        if (random.percent(50)) tracker.weight = random.pick({-80, -3});
        if (random.percent(20)) tracker.on_down = OnDown::fault;
        common.tracker = tracker;
        common.check = test::make_check(tracker.check);
        common.check.on_unknown =
            random.pick({OnUnknown::hold, OnUnknown::hold, OnUnknown::down, OnUnknown::ignore});
        if (random.percent(30)) common.check.hold_time = random.between(1ms, 3s);
    }
    return common;
}

std::string words_on_unknown(const Check& check) {
    switch (check.on_unknown) {
        case OnUnknown::down: return ", unknown is down";
        case OnUnknown::ignore: return ", unknown is ignored";
        case OnUnknown::hold: break;
    }
    return check.hold_time ? concat(", held for ", to_text(*check.hold_time)) : "";
}

}  // namespace

Scenario make_scenario(Random& random) {
    Scenario s;
    const auto machines = random.pick<std::size_t>({2, 2, 2, 3, 5});
    const auto common = draw_common(s, machines, random);
    enum Shape { single, group, several };
    const auto shape = random.pick({single, group, group, several});
    const std::size_t instances = shape == single ? 1 : shape == group ? 2 : random.between(2, 4);
    s.lans = shape == group ? 2 : shape == several ? random.between(1, 2) : 1;
    if (random.percent(25)) s.keepalived = static_cast<unsigned>(random.below(machines));
    for (std::size_t m = 0; m < machines; ++m) {
        Settings settings;
        settings.node = concat("n", m + 1);
        if (common.tracker) settings.checks.push_back(common.check);
        for (std::size_t k = 0; k < instances; ++k) {
            auto instance = make_instance(s, common, k);
            // Instances outside a group may have their masters on different machines.
            const std::size_t rank = shape == several ? (m + k) % machines : m;
            instance.priority = static_cast<std::uint8_t>(150 - 20 * rank);
            settings.instances.push_back(std::move(instance));
        }
        if (shape == group) settings.groups.push_back({"G", {"VI_1", "VI_2"}, {}});
        s.settings.push_back(std::move(settings));
    }
    for (std::size_t m = 0; common.unicast && m < machines; ++m) {
        for (auto& instance : s.settings[m].instances) {
            const unsigned lan = lan_number(instance.interface);
            for (std::size_t peer = 0; peer < machines; ++peer) {
                if (peer != m) instance.unicast_peers.push_back(test::ip(own_address(s, peer, lan)));
            }
        }
    }
    s.words = concat(
        machines, " machines", s.keepalived ? concat(" (n", *s.keepalived + 1, " keepalived)") : "", ", ",
        instances, shape == group ? " instances in a group" : " instances", ", ", s.lans, " LANs, v",
        static_cast<unsigned>(common.version), " ", to_string(s.family), " ", to_text(s.interval), " x",
        s.down_adverts, common.pair ? ", pair" : "", common.preempt ? "" : ", no preempt",
        common.lease ? ", lease" : "", common.unicast ? ", unicast" : "", common.tracker ? ", check" : "",
        common.tracker && common.tracker->weight ? concat(" weight ", *common.tracker->weight) : "",
        common.tracker ? words_on_unknown(common.check) : "");
    return s;
}

unsigned lan_number(const std::string& name) {
    return static_cast<unsigned>(name.back() - '0');
}

std::string own_address(const Scenario& scenario, std::size_t machine, unsigned lan) {
    return scenario.family == Family::ipv4 ? concat("10.", lan, ".0.", 11 + machine)
                                           : concat("fe80::", lan + 1, ":", 11 + machine);
}

std::string stranger_address(const Scenario& scenario, unsigned lan, unsigned which) {
    return scenario.family == Family::ipv4 ? concat("10.", lan, ".0.", 200 + which)
                                           : concat("fe80::", lan + 1, ":", 200 + which);
}

VirtualAddress spare_address(const Scenario& scenario, const Instance& instance) {
    const unsigned lan = lan_number(instance.interface);
    const auto k = static_cast<std::size_t>(instance.virtual_router_id - 51);
    return test::virtual_address(virtual_text(scenario, lan, k, 9), instance.interface);
}

}  // namespace regent::sim
