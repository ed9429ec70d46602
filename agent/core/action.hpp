// SPDX-License-Identifier: Apache-2.0
// Everything the engine can ask for, in the order in which it is to be done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/ip_address.hpp"
#include "agent/core/input.hpp"
#include "agent/core/memory.hpp"
#include "agent/core/settings.hpp"
#include "agent/core/status.hpp"

namespace regent::core {

/// Send one VRRP message from the socket of an interface.
struct SendAdvert {
    std::string instance;
    int interface_index = 0;
    IpAddress source;
    IpAddress destination;
    std::uint8_t ttl = vrrp::required_ttl;
    Bytes message;
};

/// Put an address on an interface, or take it off. The answer is AddressAppeared/AddressVanished or
/// AddressRefused. One marked `ours` by the kernel carries IFA_PROTO; IPv6 goes in with nodad and, when its
/// prefix is /128, deprecated. With a `lease` the kernel takes it away by itself that long afterwards, or up
/// to half a second later.
struct AddAddress {
    int interface_index = 0;
    VirtualAddress address;
    Duration lease = Duration::zero();  ///< whole seconds; 0 = for ever
    /// Later than this it must not be set any more: others may have taken over meanwhile. The answer is
    /// AddressNotTried.
    Instant not_after = Instant::max();
};
/// Start the lease of an address that we hold anew, unless it is later than `not_after`: a lease that has run
/// out is never repaired (rules.md 7).
struct RenewLease {
    int interface_index = 0;
    VirtualAddress address;
    Duration lease = Duration::zero();
    Instant not_after{};
};
struct RemoveAddress {
    int interface_index = 0;
    IpAddress address;
    std::uint8_t prefix = 0;
};

struct AddRoute {
    Route route;
};
struct RemoveRoute {
    Route route;
};

/// Send an Ethernet frame: gratuitous ARP or unsolicited NA.
struct SendFrame {
    int interface_index = 0;
    Bytes frame;
};

/// An instance looks different from the outside now. At most one a step and instance.
struct PublishState {
    InstanceStatus status;
};

/// One change of state, for notifiers and signals. `sequence` grows by 1 for each and never skips.
struct Transition {
    std::uint64_t sequence = 0;
    std::string instance;
    std::string group;
    vrrp::State from = vrrp::State::init;
    vrrp::State to = vrrp::State::init;
    std::uint8_t priority = 0;
    std::string reason;
};

/// The instance was removed by a reload: forget it.
struct Forget {
    std::string instance;
};

enum class LogLevel : std::uint8_t { error, warning, notice, info, debug };
struct Log {
    LogLevel level = LogLevel::info;
    std::string instance;  ///< empty: the agent as a whole
    std::string text;
    std::optional<Transition> change = {};  ///< that it tells of
};

/// What the state file is to hold from now on.
struct Remember {
    Memory memory;
};
/// An advertisement with a priority other than 0 has left router `slot` (its place in the last Remember).
struct RecordAdvert {
    std::uint32_t slot = 0;
    Instant at{};
};

/// An OperatorCommand is done, or cannot be.
struct OperatorAnswer {
    enum class Outcome : std::uint8_t {
        done,
        unknown_target,
        in_group,    ///< the instance is in a group: act on the group
        no_peer,     ///< nobody took over: we go on as before
        not_master,  ///< there is nothing to hand over
        busy,        ///< another yield is under way, or the agent stops
    };
    std::uint64_t id = 0;
    Outcome outcome = Outcome::done;
    std::string text;  ///< a sentence
};

/// An OperatorCommand for others: it has come this way so that it is recorded and logged like every other,
/// and whoever does it answers.
struct PassOn {
    OperatorCommand command;
};

/// A StopRequested is complete: everything of ours is gone from the kernel. Or a SuspendRequested:
/// everything stays. The agent may exit.
struct Stopped {};

using Action = std::variant<SendAdvert, AddAddress, RenewLease, RemoveAddress, AddRoute, RemoveRoute,
                            SendFrame, PublishState, Transition, Forget, Remember, RecordAdvert,
                            OperatorAnswer, PassOn, Log, Stopped>;
using Actions = std::vector<Action>;

}  // namespace regent::core
