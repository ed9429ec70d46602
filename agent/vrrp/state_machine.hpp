// SPDX-License-Identifier: Apache-2.0
// The state machine of a virtual router as one table. Who reads RFC 9568 §6.4 beside it should find each
// sentence.
//
// The table only says what follows from what. The engine measures the guards, keeps the timers and carries
// out the operations; a sync group hands the same event to all its members, so that they change together.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace regent::vrrp {

enum class State : std::uint8_t {
    init,      ///< Initialize, §6.4.1
    backup,    ///< Backup, §6.4.2
    master,    ///< Active, §6.4.3
    yielding,  ///< still holds the addresses, has sent priority 0, waits for the next master (rules.md 9)
    fault,     ///< cannot serve: interface down, address refused (rules.md 10)
};
constexpr std::size_t state_count = 5;

enum class Event : std::uint8_t {
    startup,             ///< configured, interface usable, start-up delay over
    shutdown,            ///< stop at once: second SIGTERM, instance deleted, or a yield that has ended
    master_down,         ///< Master_Down_Timer (Active_Down_Timer) has expired
    advert_due,          ///< Adver_Timer has expired
    advert_zero,         ///< an advertisement with priority 0
    advert_winning,      ///< a higher priority; equal with a higher address (as master); equal or higher (as
                         ///< backup)
    advert_losing,       ///< any other priority, but for:
    advert_last_resort,  ///< priority 1 while ours is higher: its sender is sick (rules.md 12, 15)
    group_left,          ///< another member of the sync group has yielded to a winning advertisement
    fault_raised,
    fault_cleared,
    yield,             ///< leave while alive: clean stop, last resort
    yield_relieved,    ///< every member has heard the next master
    yield_unanswered,  ///< nobody took over: go on
    resume,            ///< a run of the agent that ended a moment ago was MASTER (rules.md 17)
    overtaken,         ///< after a stall an advertisement of another master was waiting (rules.md 6)
    lease_lost         ///< the kernel took the addresses, or may have, while nothing was sent (rules.md 6)
};
constexpr std::size_t event_count = 17;

/// A condition of a row. The engine measures them; the first row whose guard holds is taken.
enum class Guard : std::uint8_t {
    always,
    owner,        ///< priority 255 in force, and nothing else holds it back
    group_ready,  ///< every member of the group is MASTER or has seen its Master_Down_Timer expire
    last_resort,  ///< we are to serve only if nobody else does
    pair_group,   ///< every member of the group is a pair that has heard its peer (rules.md 4)
    no_preempt,   ///< Preempt_Mode is false, or a preempt or recover delay runs
};

struct Facts {
    bool owner = false;
    bool group_ready = true;
    bool last_resort = false;
    bool pair_group = false;
    bool no_preempt = false;
};

/// What a row makes the engine do, in this order.
enum Operation : std::uint16_t {
    none = 0,
    send_advert = 1 << 0,          ///< with our effective priority
    answer_advert = 1 << 1,        ///< the same, but spaced: a flood must not make a flood of ours
    send_zero = 1 << 2,            ///< with priority 0, if it can leave
    take_addresses = 1 << 3,       ///< on to the interface, then gratuitous ARP/NA
    drop_addresses = 1 << 4,       ///< off the interface at once
    announce_again = 1 << 5,       ///< gratuitous ARP/NA of all addresses, at most one burst a second
    learn_interval = 1 << 6,       ///< version 3: adopt the sender's Max Advertise Interval
    arm_adver = 1 << 7,            ///< Adver_Timer to the own interval
    arm_master_down = 1 << 8,      ///< Master_Down_Timer to Master_Down_Interval, without skew in a live pair
    arm_first = 1 << 9,            ///< the same with skew in any case: power returns to both nodes at once
    arm_skew = 1 << 10,            ///< Master_Down_Timer to Skew_Time, if that is sooner
    expire_master_down = 1 << 11,  ///< as if it had run out
    expire_group = 1 << 12,        ///< the same for every member of the group
    arm_listen = 1 << 13,          ///< Master_Down_Timer to one interval + skew: who was away listens first
    disarm = 1 << 14,              ///< no timer runs
};

struct Row {
    State from;
    Event event;
    Guard guard;
    State to;
    std::uint16_t operations;
    std::string_view section;  ///< of RFC 9568 (RFC 3768 has the same numbers), or the rule of rules.md
};

/// The whole table, for tests and documents.
std::span<const Row> table();

/// The row for an event, or nullptr when the event means nothing in that state.
const Row* find(State state, Event event, const Facts& facts);

/// "INIT", "BACKUP", "MASTER", "FAULT". A yielding router is still MASTER to the outside.
std::string_view to_string(State state);
/// The state that the outside sees.
constexpr State visible(State state) {
    return state == State::yielding ? State::master : state;
}

}  // namespace regent::vrrp
