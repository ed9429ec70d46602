// SPDX-License-Identifier: Apache-2.0
// A case: what happens to one balancer, and when. A line of input.jsonl is {"at_ms": 1500, "input": {...}};
// its words are the members below, those that are optional may be left out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/ip_address.hpp"
#include "agent/core/input.hpp"

namespace regent::conformance {

/// A datagram of protocol 112 arrives. What is left out is as a well-behaved peer of the first instance has
/// it: from 10.0.0.2 or fe80::2, to the multicast group, with the instance's version, VRID, interval and
/// addresses.
struct Hear {
    std::optional<std::string> interface;
    std::optional<IpAddress> from;
    std::optional<IpAddress> to;
    std::optional<std::uint8_t> ttl;
    std::optional<std::uint8_t> version;
    std::optional<std::uint8_t> vrid;
    std::optional<std::uint8_t> priority;
    std::optional<std::uint32_t> interval_ms;
    std::optional<std::vector<IpAddress>> addresses;
    std::optional<std::string> password;
    std::optional<std::string> checksum;  ///< "rfc9568" or "rfc5798": version 3 over IPv4
    std::optional<Bytes> message;         ///< instead of all that makes one
};

/// The link changes as `ip link set` or a cable would have it.
struct SetLink {
    std::string interface;
    std::optional<bool> up;
    std::optional<bool> carrier;
    std::optional<std::string> name;
};
struct DeleteLink {
    std::string interface;
};
/// Somebody else takes an address away.
struct DeleteAddress {
    IpAddress address;
};
/// From now on the kernel refuses to set it.
struct RefuseAddress {
    IpAddress address;
};
/// The configuration is now this file of the case.
struct Reload {
    std::string file;
};
/// The agent gets no turn for so long; what arrives waits.
struct Stall {
    std::uint32_t for_ms = 0;
};
/// The last line of every case.
struct End {};

/// Inputs of the engine stand as they are: a line of a recording (agent/record) has the same words.
using Event =
    std::variant<Hear, SetLink, DeleteLink, DeleteAddress, RefuseAddress, Reload, Stall, core::CheckVerdict,
                 core::OperatorCommand, core::AhHeard, core::StopRequested, End>;

struct Step {
    std::uint64_t at_ms = 0;  ///< since the agent began
    Event input;
};

/// The steps of DIRECTORY/input.jsonl, in order. Throws std::runtime_error with file and line where it is
/// wrong.
std::vector<Step> read_steps(const std::filesystem::path& directory);

}  // namespace regent::conformance
