// SPDX-License-Identifier: Apache-2.0
// What a seed makes of the world before anything happens in it: machines, networks, configurations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/core/settings.hpp"

#include "tests/sim/random.hpp"

namespace regent::sim {

struct Scenario {
    unsigned lans = 1;                     ///< "lan0" …, on interfaces "eth0" …
    std::optional<unsigned> keepalived;    ///< this machine runs keepalived's like instead of ours
    std::vector<core::Settings> settings;  ///< one for each machine
    Family family = Family::ipv4;
    Duration interval{};
    unsigned down_adverts = 3;
    std::string words;  ///< all of it in a line

    std::size_t machines() const { return settings.size(); }
    const core::Instance& instance(std::size_t k) const { return settings.front().instances[k]; }
    std::size_t instances() const { return settings.front().instances.size(); }
    bool grouped() const { return !settings.front().groups.empty(); }
};

Scenario make_scenario(Random& random);

/// Of a LAN or the interface on it.
unsigned lan_number(const std::string& name);
/// The machine's own address on a LAN.
std::string own_address(const Scenario& scenario, std::size_t machine, unsigned lan);
/// Addresses of a router that is none of the machines: its own is the first.
std::string stranger_address(const Scenario& scenario, unsigned lan, unsigned which);
/// A virtual address that no configuration of make_scenario() has.
core::VirtualAddress spare_address(const Scenario& scenario, const core::Instance& instance);

}  // namespace regent::sim
