// SPDX-License-Identifier: Apache-2.0
// Everything that can happen to the engine. A recorded sequence of (Input, Instant) replays to the same
// Actions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/ip_address.hpp"
#include "agent/base/mac_address.hpp"
#include "agent/core/memory.hpp"
#include "agent/core/settings.hpp"

namespace regent::core {

/// A VRRP datagram that arrived on an interface. `message` is the IP payload.
struct PacketReceived {
    int interface_index = 0;
    IpAddress source;
    IpAddress destination;
    std::uint8_t ttl = 0;
    Bytes message;
};

/// VRRP inside an Authentication Header (IP protocol 51) that arrived on an interface. Nothing in it was
/// read.
struct AhHeard {
    int interface_index = 0;
    IpAddress source;
};

/// A timer is due: step() compares its own deadlines with `now`.
struct TimerFired {};

/// A network interface as the kernel has it now.
struct Link {
    int index = 0;
    std::string name;
    bool up = false;       ///< administratively up (IFF_UP)
    bool carrier = false;  ///< IFF_LOWER_UP / IFF_RUNNING
    bool arp = true;       ///< false: IFF_NOARP, nothing is announced
    unsigned mtu = 1500;
    MacAddress mac;

    bool operator==(const Link&) const = default;
};
struct LinkChanged {
    Link link;
};
struct LinkRemoved {
    int index = 0;
};

/// An address as the kernel has it now.
struct KernelAddress {
    int interface_index = 0;
    IpAddress address;
    std::uint8_t prefix = 0;
    bool ours = false;    ///< carries our IFA_PROTO
    bool usable = true;   ///< false while tentative or after failed duplicate detection
    bool marked = false;  ///< carries an IFA_PROTO, ours or another's: this kernel reports marks

    bool operator==(const KernelAddress&) const = default;
};
struct AddressAppeared {
    KernelAddress address;
};
struct AddressVanished {
    KernelAddress address;
};

/// The complete truth of links and addresses, those of an interface in the order in which they came: at the
/// start and after a netlink overrun.
struct KernelSnapshot {
    std::vector<Link> links;
    std::vector<KernelAddress> addresses;
};

/// The kernel said no to AddAddress, RemoveAddress, AddRoute or RemoveRoute.
struct AddressRefused {
    int interface_index = 0;
    IpAddress address;
    std::uint8_t prefix = 0;
    bool adding = true;
    std::string reason;  ///< the kernel's words
};
/// An AddAddress was not sent because it was later than `not_after`.
struct AddressNotTried {
    int interface_index = 0;
    IpAddress address;
    std::uint8_t prefix = 0;
};
struct RouteRefused {
    Route route;
    bool adding = true;
    std::string reason;
};

/// An advertisement of an instance could not leave.
struct SendFailed {
    std::string instance;
    std::string reason;
};

/// Whether an instance hears advertisements, when that has changed. It does until it is told otherwise.
struct HearingChanged {
    std::string instance;
    std::string problem;  ///< why not; empty: it hears
};

/// What a check saw.
enum class CheckState : std::uint8_t { up, degraded, down, unknown };
struct CheckVerdict {
    std::string check;
    CheckState state = CheckState::unknown;
    std::string message;
    bool unsolicited = false;  ///< pushed: a DOWN counts as a full `fall`
};

/// What an earlier run of this boot has left in the state file. Comes before the first ConfigApplied, or not
/// at all.
struct Recalled {
    Memory memory;
};

/// A new configuration, already checked whole.
struct ConfigApplied {
    std::shared_ptr<const Settings> settings;
};

/// Leave cleanly (rules.md 9). `at_once` is the second request: it does not wait for the peer.
struct StopRequested {
    bool at_once = false;
};

/// Leave everything in place and let the agent exit, to be resumed by the next one (SIGUSR1, rules.md 18).
struct SuspendRequested {};

/// What an operator asks (rules.md 19). The answer is OperatorAnswer with the same `id`, or PassOn for what
/// is not the engine's to do.
struct OperatorCommand {
    enum class Kind : std::uint8_t {
        handover,         ///< of a group, or an instance outside any: yield, then Held until `release`
        release,          ///< of the same: preempt again
        maintenance_on,   ///< the whole agent: yield, then never MASTER
        maintenance_off,  ///< the whole agent
        announce,         ///< of an instance that is MASTER: gratuitous ARP or NA for its addresses once more
        override_check,   ///< a check counts as `up` or not, whatever it says, for as long as `lasts`
        clear_override,   ///< of a check
        run_check,        ///< ask a check now
        test_notifier,    ///< tell a notifier a test event
        restart_plugin,   ///< end its host and start it anew
        reload,           ///< read the configuration again
    };
    std::uint64_t id = 0;
    Kind kind = Kind::handover;
    std::string target =
        {};  ///< of a group, an instance, a check, a notifier or a plugin; none for the whole agent
    std::string reason = {};
    std::string who = {};  ///< who asks, for the log: "uid 0, regentctl, pid 812"
    bool up = true;
    Duration lasts = Duration::zero();
};

/// Ask for the full state as Log actions (SIGUSR2).
struct DumpRequested {};

using Input = std::variant<PacketReceived, AhHeard, TimerFired, LinkChanged, LinkRemoved, AddressAppeared,
                           AddressVanished, KernelSnapshot, AddressRefused, AddressNotTried, RouteRefused,
                           SendFailed, HearingChanged, CheckVerdict, Recalled, ConfigApplied, StopRequested,
                           SuspendRequested, OperatorCommand, DumpRequested>;

}  // namespace regent::core
