// SPDX-License-Identifier: Apache-2.0
// What the engine tells the outside about an instance.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/base/time.hpp"
#include "agent/vrrp/packet.hpp"
#include "agent/vrrp/state_machine.hpp"

namespace regent::core {

/// Counters since the start of the agent.
struct Counters {
    std::uint64_t adverts_sent = 0;
    std::uint64_t adverts_received = 0;  ///< accepted
    std::uint64_t priority_zero_sent = 0;
    std::uint64_t priority_zero_received = 0;
    std::uint64_t transitions = 0;
    std::uint64_t became_master = 0;
    std::uint64_t released_master = 0;
    std::uint64_t address_repairs = 0;
    std::uint64_t lease_renewals = 0;
    std::uint64_t late_adverts = 0;  ///< by more than a quarter of what a peer tolerates
    Duration worst_lateness{};       ///< of an advert that left
    std::uint64_t send_failures = 0;
    std::array<std::uint64_t, vrrp::discard_count> discarded{};

    bool operator==(const Counters&) const = default;
};

struct InstanceStatus {
    std::string name;
    std::string interface;
    std::string group;  ///< empty: none
    std::uint8_t virtual_router_id = 0;
    vrrp::State state = vrrp::State::init;
    std::uint8_t priority = 0;            ///< configured
    std::uint8_t effective_priority = 0;  ///< advertised
    std::string weights;                  ///< what has failed, each with its weight; empty: nothing
    std::string reason;                   ///< why it is in this state, a sentence
    bool degraded = false;                ///< MASTER without some of its addresses (rules.md 11)
    bool held = false;  ///< gave its role away as an operator asked, and waits for the release (rules.md 19)
    bool last_resort = false;
    std::string last_resort_cause;     ///< a sentence; `reason` may be about the role alone
    std::optional<IpAddress> master;   ///< who is master, as far as we know; our own source when we are
    Instant since{};                   ///< of the last change of state
    std::vector<IpAddress> addresses;  ///< that the kernel confirms as held for this instance
    std::vector<IpAddress> peers;      ///< whose adverts were accepted in this run, the first few

    bool operator==(const InstanceStatus&) const = default;
};

}  // namespace regent::core
