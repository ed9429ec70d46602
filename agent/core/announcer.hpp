// SPDX-License-Identifier: Apache-2.0
// Gratuitous ARP and unsolicited NA: who is announced, how often, and at what pace. One for the whole agent,
// so that a thousand addresses, of however many instances, never hold up an advertisement.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/base/time.hpp"
#include "agent/core/action.hpp"
#include "agent/core/address_plan.hpp"
#include "agent/core/kernel_view.hpp"

namespace regent::core {

class Announcer {
  public:
    /// Announces an address that has just come up: `count` times now, and again after `delay`, then every
    /// `refresh`.
    void start(const AddressKey& key, const Gratuitous& how, Instant now);
    /// The same for an address that is announced already; nothing for others.
    void restart(const AddressKey& key, const Gratuitous& how, Instant now) {
        if (targets_.contains(key)) start(key, how, now);
    }
    /// One more burst of `count`, after somebody else may have claimed the address (rules.md 3).
    void repeat(const AddressKey& key);
    /// The same for all addresses of a device.
    void repeat_all(const std::string& device);
    /// Nothing of this address is sent any more.
    void stop(const AddressKey& key);

    /// Sends what is due, at most a slice of frames; first announcements go before repetitions.
    void run(Instant now, const KernelView& kernel, Actions& actions);
    std::optional<Instant> next_deadline() const;

  private:
    struct Target {
        Gratuitous how;
        unsigned remaining = 0;
        bool queued = false;
        std::optional<Instant> second_burst;
        std::optional<Instant> refresh;
    };

    static void enqueue(const AddressKey& key, Target& target, std::deque<AddressKey>& queue, unsigned count);
    bool send_next(Instant now, const KernelView& kernel, Actions& actions);

    std::map<AddressKey, Target> targets_;
    std::deque<AddressKey> first_;   ///< not announced yet
    std::deque<AddressKey> repeat_;  ///< announced before
    std::set<std::pair<Instant, AddressKey>> second_;
    std::set<std::pair<Instant, AddressKey>> refresh_;
    std::optional<Instant> not_before_;
};

}  // namespace regent::core
