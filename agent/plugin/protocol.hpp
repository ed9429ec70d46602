// SPDX-License-Identifier: Apache-2.0
// What the agent and a regent-plugin-host say to each other: SOCK_SEQPACKET, one CBOR document (RFC 8949) a
// frame. This header is the one place where the messages are described; protocol.cpp has their keys. Each
// side treats every byte of the other as hostile: a frame that cannot be decoded ends the connection.
//
// The host speaks first: HostHello. The agent answers AgentHello and from then on everything is asynchronous.
// Every Create is answered by Created or Refused; every Probe by one Report with its number, unless the
// instance is destroyed or the agent cancels it; every Notify by one Ack, unless cancelled; every Ping by a
// Pong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/result.hpp"
#include "agent/config/schema.hpp"

namespace regent::plugin {

constexpr std::uint32_t protocol_version = 1;
/// Of a frame, in bytes. A longer one is refused by the sender and ends the connection at the receiver.
constexpr std::size_t maximum_frame = 65536;

/// Given by the agent, never 0, never used again in the life of a host.
using InstanceId = std::uint64_t;

// From the agent.

struct AgentHello {
    std::uint32_t version = protocol_version;
    std::string node;
};
/// Make and start an instance.
struct Create {
    InstanceId instance = 0;
    config::PluginKind kind = config::PluginKind::check;
    std::string type;
    std::string name;  ///< as the configuration calls it, for the log
    std::vector<config::Value> values;
};
struct Destroy {
    InstanceId instance = 0;
};
struct Probe {
    InstanceId instance = 0;
    std::uint64_t probe = 0;    ///< never 0
    std::int64_t deadline = 0;  ///< ns of CLOCK_MONOTONIC. Then the host itself reports DOWN (timeout).
    std::int64_t asked = 0;     ///< when the deadline was set; 0: not said, and the host takes its own time
};
struct Notify {
    InstanceId instance = 0;
    std::uint64_t event = 0;    ///< never 0
    std::int64_t deadline = 0;  ///< ns of CLOCK_MONOTONIC. Then the host itself acks it as failed.
    std::uint32_t kind = 0;     ///< REGENT_EVENT_…
    std::uint64_t sequence = 0;
    std::int64_t wall = 0;  ///< ns since 1970
    std::uint32_t priority = 0;
    std::string node, name, group, old_state, new_state, reason;
    std::int64_t asked = 0;  ///< as of a probe
};
struct Ping {
    std::uint64_t number = 0;
};

using ToHost = std::variant<AgentHello, Create, Destroy, Probe, Notify, Ping>;

// From the host.

struct HostHello {
    std::uint32_t version = protocol_version;
    std::string plugin;  ///< its id and version, for the log
    std::string plugin_version;
};
struct Created {
    InstanceId instance = 0;
};
/// create, or start, said no. The instance does not exist.
struct Refused {
    InstanceId instance = 0;
    std::optional<std::uint32_t> parameter;
    std::string text;
};
struct Metric {
    std::string name;
    double value = 0;
};
struct Report {
    InstanceId instance = 0;
    std::uint64_t probe = 0;   ///< 0: unasked
    std::uint32_t state = 0;   ///< REGENT_STATE_…, checked
    std::uint32_t reason = 0;  ///< REGENT_REASON_…, checked
    std::int32_t detail = 0;
    std::int64_t elapsed = 0;  ///< ns
    std::string message;       ///< printable UTF-8, at most 256 bytes
    std::vector<Metric> metrics;
};
struct Ack {
    InstanceId instance = 0;
    std::uint64_t event = 0;
    bool delivered = false;
    std::string text;
};
struct LogLine {
    InstanceId instance = 0;  ///< 0: of the host itself
    std::uint32_t level = 0;  ///< REGENT_LOG_…, checked
    std::string text;
};
/// With it the host tells what went wrong inside since it started.
struct Pong {
    std::uint64_t number = 0;
    std::uint64_t late_calls = 0;  ///< reports and acks for what is gone, answered or cancelled
    std::uint64_t dropped_logs = 0;
    std::uint64_t slow_calls = 0;       ///< operations of more than 5 ms
    std::int64_t slowest = 0;           ///< ns
    std::uint64_t dropped_reports = 0;  ///< nobody had asked, and there were too many to keep
};

using ToAgent = std::variant<HostHello, Created, Refused, Report, Ack, LogLine, Pong>;

/// A frame. A text that is too long (message_text.hpp) is cut by whoever makes the message. Never longer than
/// maximum_frame, but for a Create with more values than fit: look before you send it.
Bytes encode(const ToHost& message);
Bytes encode(const ToAgent& message);

/// A message, every field checked for range, length and UTF-8, and all words of a host for being printable:
/// they get into logs and onto terminals. The error says what is wrong with the frame: a message of an
/// unknown kind is, a key that its kind is not known to have is not.
Result<ToHost> decode_to_host(ByteView frame);
Result<ToAgent> decode_to_agent(ByteView frame);

}  // namespace regent::plugin
