// SPDX-License-Identifier: Apache-2.0
// The keys of the messages. Each has `is`, which names it; one with an unknown name is an error. A key that a
// message is not known to have is not looked at, so that a newer agent or host may say more.
#include "agent/plugin/protocol.hpp"

#include <array>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/plugin/cbor.hpp"
#include "agent/plugin/fields.hpp"
#include "agent/plugin/message_text.hpp"
#include "agent/plugin/value_json.hpp"

#include "regent/abi/host.h"
#include "regent/abi/notifier.h"
#include "regent/abi/result.h"

namespace regent::plugin {
namespace {

using nlohmann::json;

// Writing.

json write(const AgentHello& m) {
    return {{"is", "agent-hello"}, {"version", m.version}, {"node", m.node}};
}
json write(const Create& m) {
    return {{"is", "create"}, {"instance", m.instance}, {"kind", m.kind},
            {"type", m.type}, {"name", m.name},         {"values", to_json(m.values)}};
}
json write(const Destroy& m) {
    return {{"is", "destroy"}, {"instance", m.instance}};
}
json write(const Probe& m) {
    return {{"is", "probe"},
            {"instance", m.instance},
            {"probe", m.probe},
            {"deadline", m.deadline},
            {"asked", m.asked}};
}
json write(const Notify& m) {
    return {{"is", "notify"},           {"instance", m.instance}, {"event", m.event},
            {"deadline", m.deadline},   {"kind", m.kind},         {"sequence", m.sequence},
            {"wall", m.wall},           {"priority", m.priority}, {"node", m.node},
            {"name", m.name},           {"group", m.group},       {"old_state", m.old_state},
            {"new_state", m.new_state}, {"reason", m.reason},     {"asked", m.asked}};
}
json write(const Ping& m) {
    return {{"is", "ping"}, {"number", m.number}};
}

json write(const HostHello& m) {
    return {{"is", "host-hello"},
            {"version", m.version},
            {"plugin", m.plugin},
            {"plugin_version", m.plugin_version}};
}
json write(const Created& m) {
    return {{"is", "created"}, {"instance", m.instance}};
}
json write(const Refused& m) {
    json written = {{"is", "refused"}, {"instance", m.instance}, {"text", m.text}};
    if (m.parameter) written["parameter"] = *m.parameter;
    return written;
}
json write(const Report& m) {
    auto metrics = json::array();
    for (const auto& metric : m.metrics)
        metrics.push_back({{"name", metric.name}, {"value", metric.value}});
    return {{"is", "report"},       {"instance", m.instance}, {"probe", m.probe},
            {"state", m.state},     {"reason", m.reason},     {"detail", m.detail},
            {"elapsed", m.elapsed}, {"message", m.message},   {"metrics", std::move(metrics)}};
}
json write(const Ack& m) {
    return {{"is", "ack"},
            {"instance", m.instance},
            {"event", m.event},
            {"delivered", m.delivered},
            {"text", m.text}};
}
json write(const LogLine& m) {
    return {{"is", "log"}, {"instance", m.instance}, {"level", m.level}, {"text", m.text}};
}
json write(const Pong& m) {
    return {{"is", "pong"},
            {"number", m.number},
            {"late_calls", m.late_calls},
            {"dropped_logs", m.dropped_logs},
            {"slow_calls", m.slow_calls},
            {"slowest", m.slowest},
            {"dropped_reports", m.dropped_reports}};
}

// Reading.

std::uint64_t id(Fields& in, const char* key) {
    return in.natural(key, 1, UINT64_MAX);
}
std::uint64_t count(Fields& in, const char* key) {
    return in.natural(key, 0, UINT64_MAX);
}
std::uint32_t natural32(Fields& in, const char* key, std::uint32_t min, std::uint32_t max) {
    return static_cast<std::uint32_t>(in.natural(key, min, max));
}
std::int64_t time(Fields& in, const char* key) {
    return in.integer(key, 0, INT64_MAX);
}
std::string name(Fields& in, const char* key) {
    return in.text(key, maximum_name);
}
std::uint32_t version(Fields& in) {
    return natural32(in, "version", 1, UINT32_MAX);
}

ToHost read_agent_hello(Fields& in) {
    return AgentHello{version(in), name(in, "node")};
}
ToHost read_create(Fields& in) {
    Create m;
    m.instance = id(in, "instance");
    m.kind = config::PluginKind(in.natural("kind", 1, 2));
    m.type = name(in, "type");
    m.name = name(in, "name");
    auto values = values_from_json(in.array("values", maximum_values));
    if (values) m.values = std::move(*values);
    if (!values) in.fail(values.error().text);
    return m;
}
ToHost read_destroy(Fields& in) {
    return Destroy{id(in, "instance")};
}
ToHost read_probe(Fields& in) {
    return Probe{id(in, "instance"), id(in, "probe"), time(in, "deadline"), time(in, "asked")};
}
ToHost read_notify(Fields& in) {
    Notify m;
    m.instance = id(in, "instance");
    m.event = id(in, "event");
    m.deadline = time(in, "deadline");
    m.kind = natural32(in, "kind", REGENT_EVENT_INSTANCE, REGENT_EVENT_TEST);
    m.sequence = count(in, "sequence");
    m.wall = in.integer("wall", INT64_MIN, INT64_MAX);
    m.priority = natural32(in, "priority", 0, 255);
    for (const auto& [key, text] :
         {std::pair{"node", &m.node}, std::pair{"name", &m.name}, std::pair{"group", &m.group},
          std::pair{"old_state", &m.old_state}, std::pair{"new_state", &m.new_state}})
        *text = name(in, key);
    m.reason = in.text("reason", maximum_text);
    m.asked = time(in, "asked");
    return m;
}
ToHost read_ping(Fields& in) {
    return Ping{count(in, "number")};
}

ToAgent read_host_hello(Fields& in) {
    return HostHello{version(in), in.line("plugin", maximum_name), in.line("plugin_version", maximum_name)};
}
ToAgent read_created(Fields& in) {
    return Created{id(in, "instance")};
}
ToAgent read_refused(Fields& in) {
    Refused m{id(in, "instance"), {}, in.line("text", maximum_text)};
    if (in.has("parameter")) m.parameter = natural32(in, "parameter", 0, maximum_values - 1);
    return m;
}
std::vector<Metric> read_metrics(Fields& in) {
    std::vector<Metric> metrics;
    for (const auto& entry : in.array("metrics", maximum_metrics)) {
        Fields fields(entry);
        metrics.push_back({fields.line("name", maximum_name), fields.number("value")});
        if (fields.wrong()) in.fail("in a metric: " + *fields.wrong());
    }
    return metrics;
}
ToAgent read_report(Fields& in) {
    Report m;
    m.instance = id(in, "instance");
    m.probe = count(in, "probe");
    m.state = natural32(in, "state", REGENT_STATE_UP, REGENT_STATE_UNKNOWN);
    m.reason = natural32(in, "reason", REGENT_REASON_OK, REGENT_REASON_INTERNAL);
    m.detail = static_cast<std::int32_t>(in.integer("detail", INT32_MIN, INT32_MAX));
    m.elapsed = time(in, "elapsed");
    m.message = in.line("message", maximum_message);
    m.metrics = read_metrics(in);
    return m;
}
ToAgent read_ack(Fields& in) {
    return Ack{id(in, "instance"), id(in, "event"), in.boolean("delivered"), in.line("text", maximum_text)};
}
ToAgent read_log(Fields& in) {
    return LogLine{count(in, "instance"), natural32(in, "level", REGENT_LOG_ERROR, REGENT_LOG_DEBUG),
                   in.line("text", maximum_text)};
}
ToAgent read_pong(Fields& in) {
    return Pong{count(in, "number"),     count(in, "late_calls"), count(in, "dropped_logs"),
                count(in, "slow_calls"), time(in, "slowest"),     count(in, "dropped_reports")};
}

template <class Message>
using Reader = std::pair<std::string_view, Message (*)(Fields&)>;

constexpr std::array<Reader<ToHost>, 6> host_readers{{{"agent-hello", read_agent_hello},
                                                      {"create", read_create},
                                                      {"destroy", read_destroy},
                                                      {"probe", read_probe},
                                                      {"notify", read_notify},
                                                      {"ping", read_ping}}};
constexpr std::array<Reader<ToAgent>, 7> agent_readers{{{"host-hello", read_host_hello},
                                                        {"created", read_created},
                                                        {"refused", read_refused},
                                                        {"report", read_report},
                                                        {"ack", read_ack},
                                                        {"log", read_log},
                                                        {"pong", read_pong}}};

template <class Message>
Bytes encode_any(const Message& message) {
    return json::to_cbor(std::visit([](const auto& kind) { return write(kind); }, message));
}

template <class Message, std::size_t count>
Result<Message> decode_any(ByteView frame, const std::array<Reader<Message>, count>& readers) {
    const auto read = read_cbor(frame, maximum_frame);
    if (!read) return failure("a frame that is no message: " + read.error().text);
    Fields fields(*read);
    const std::string kind = name(fields, "is");
    if (fields.wrong()) return failure("a frame that is no message: " + *fields.wrong());
    for (const auto& [known, reader] : readers) {
        if (known != kind) continue;
        Message message = reader(fields);
        if (fields.wrong()) return failure(fmt::format("in a message {}: {}", kind, *fields.wrong()));
        return message;
    }
    return failure("a message of an unknown kind");
}

}  // namespace

Bytes encode(const ToHost& message) {
    return encode_any(message);
}
Bytes encode(const ToAgent& message) {
    return encode_any(message);
}

Result<ToHost> decode_to_host(ByteView frame) {
    return decode_any(frame, host_readers);
}
Result<ToAgent> decode_to_agent(ByteView frame) {
    return decode_any(frame, agent_readers);
}

}  // namespace regent::plugin
