// SPDX-License-Identifier: Apache-2.0
// The inside of Engine: its parts, and how an input travels through them. Only engine.cpp and reload.cpp need
// it.
#pragma once

#include <array>
#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/core/engine.hpp"
#include "agent/core/sync_group.hpp"
#include "agent/core/turn.hpp"
#include "agent/core/virtual_router.hpp"

namespace regent::core {

struct Engine::State {
    using GroupId = std::uint32_t;

    std::shared_ptr<const Settings> settings;
    Instant started_at{};  ///< when the first of them came: start-up delays count from here
    bool kernel_known = false;
    bool stopping = false;
    bool stop_told = false;

    KernelView kernel;
    Health health;
    AddressPlan plan;
    Announcer announcer;
    DiscardLog discards;
    Lateness lateness;
    std::uint64_t sequence = 0;
    std::set<VirtualRouter::Id> to_publish;
    std::set<VirtualRouter::Id> sent;

    Memory memory;  ///< as recalled, later as remembered last
    bool may_resume = false;
    bool remembered = false;
    bool memory_stale = false;
    bool suspending = false;
    std::optional<std::string> maintenance;
    std::array<std::uint64_t, vrrp::discard_count>
        unclaimed_discards{};  ///< of packets for no router of ours

    VirtualRouter::Id next_router = 1;
    GroupId next_group = 1;
    std::map<VirtualRouter::Id, std::unique_ptr<VirtualRouter>> routers;
    std::map<RouterKey, VirtualRouter*> by_key;
    std::map<GroupId, std::unique_ptr<SyncGroup>> groups;
    std::map<VirtualRouter::Id, GroupId> group_of;

    bool all_due = false;  ///< something changed that any group may depend on
    std::map<GroupId, Instant> deadline_of;
    std::set<std::pair<Instant, GroupId>> due;

    Turn turn(Instant now, Actions& actions) {
        return {now,      actions,  kernel,   health,     plan, announcer,
                discards, lateness, sequence, to_publish, sent};
    }
    bool ready() const { return settings && kernel_known; }

    void schedule(GroupId group, std::optional<Instant> at);
    std::optional<Instant> next_deadline() const;

    void on(const PacketReceived& packet, Turn& turn);
    void on(const AhHeard& heard, Turn& turn);
    void on(const TimerFired&, Turn& turn);
    void on(const LinkChanged& change, Turn& turn);
    void on(const LinkRemoved& removed, Turn& turn);
    void on(const AddressAppeared& appeared, Turn& turn);
    void on(const AddressVanished& vanished, Turn& turn);
    void on(const KernelSnapshot& snapshot, Turn& turn);
    void on(const AddressRefused& refused, Turn& turn);
    void on(const AddressNotTried& request, Turn& turn);
    void on(const RouteRefused& refused, Turn& turn);
    void on(const SendFailed& failed, Turn& turn);
    void on(const HearingChanged& hearing, Turn& turn);
    void on(const CheckVerdict& verdict, Turn& turn);
    void on(const ConfigApplied& applied, Turn& turn);
    void on(const StopRequested& request, Turn& turn);
    void on(const DumpRequested&, Turn& turn);
    void on(const Recalled& recalled, Turn& turn);
    void on(const SuspendRequested&, Turn& turn);
    void on(const OperatorCommand& command, Turn& turn);

    void set_link(const Link& link, Instant now);
    /// False: it is ours, or on no interface that is known.
    bool add_address(const KernelAddress& address);
    void restore_routes(const std::string& device, Turn& turn);
    void deliver_plan_events(Turn& turn);
    void run_due_groups(Turn& turn);
    void confirm_adverts(Turn& turn);
    void publish(Turn& turn);
    VirtualRouter* router_named(const std::string& name);
    InstanceStatus status_of(const VirtualRouter& router, const Turn& turn) const;

    // operator.cpp
    void change_role(const OperatorCommand& command, Turn& turn);
    void change_maintenance(const OperatorCommand& command, Turn& turn);
    void announce(const OperatorCommand& command, Turn& turn);
    void change_override(const OperatorCommand& command, Turn& turn);

    // recall.cpp
    void resume(Turn& turn);
    void remember(Turn& turn);
    void suspend(Turn& turn);

    // reload.cpp
    void remove_routers(const Settings& wanted, Turn& turn);
    void configure_routers(const Settings& wanted, Turn& turn);
    void form_groups(const Settings& wanted, Turn& turn);
    void form_group(const std::string& name, std::vector<VirtualRouter*> members,
                    const std::vector<CheckTracker>& checks, std::set<GroupId>& kept, Turn& turn);
};

}  // namespace regent::core
