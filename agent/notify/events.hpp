// SPDX-License-Identifier: Apache-2.0
// From the engine's transitions to what notifiers are told. A sync group is told of as a whole, too, once all
// of its members have come to the same state; the members come first.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/core/action.hpp"
#include "agent/core/settings.hpp"

namespace regent::notify {

/// The numbers are those of regent/abi/notifier.h.
enum class EventKind : std::uint8_t { instance = 1, group, test };

struct Event {
    EventKind kind = EventKind::instance;
    std::uint64_t sequence = 0;  ///< grows by 1 for each event of this run
    std::int64_t wall_ns = 0;    ///< since 1970; filled in by whoever may ask a clock
    std::uint8_t priority = 0;   ///< effective; 0 for a group, as keepalived has it
    std::string name;            ///< of the instance or group
    std::string group;           ///< that the instance is in; empty: none
    std::string old_state;       ///< init backup master fault
    std::string new_state;       ///< backup master fault stop deleted
    std::string reason;
    std::uint64_t order = 0;  ///< of a test: who waits to hear how it went

    bool operator==(const Event&) const = default;
};

class EventSource {
  public:
    /// The groups of a new configuration. What members have told stays.
    void configure(const core::Settings& settings);

    std::vector<Event> transition(const core::Transition& change);
    /// Transitions of it may have been lost: all that is missing, as one change.
    std::vector<Event> catch_up(const core::InstanceStatus& status);
    /// A reload has removed the instance.
    std::vector<Event> forget(const core::Forget& gone);

  private:
    struct Group {
        std::vector<std::string> members;
        std::string told;  ///< its last state
    };
    void follow_groups(const std::string& member, const std::string& reason, std::vector<Event>& events);

    std::uint64_t sequence_ = 0;
    std::map<std::string, vrrp::State> states_;  ///< of instances
    std::map<std::string, Group> groups_;
};

}  // namespace regent::notify
