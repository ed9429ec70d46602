// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/plugin/messages.hpp"

#include <tuple>

namespace regent::test {
namespace {

using namespace plugin;

rc::Gen<std::string> words() {
    return rc::gen::resize(
        60, rc::gen::container<std::string>(rc::gen::elementOf(std::string("abc XYZ09.-\t\"\\{}"))));
}

rc::Gen<std::uint64_t> ids() {
    return rc::gen::inRange<std::uint64_t>(1, UINT64_MAX);
}

rc::Gen<std::int64_t> times() {
    return rc::gen::inRange<std::int64_t>(0, INT64_MAX);
}

config::Value value(bool with_items) {
    config::Value made;
    made.set = *rc::gen::arbitrary<bool>();
    if (!made.set) return made;
    made.integer = *rc::gen::arbitrary<std::int64_t>();
    made.number = *rc::gen::arbitrary<double>();
    made.text = *words();
    if (!with_items) return made;
    const int items = *rc::gen::inRange(0, 4);
    for (int item = 0; item < items; ++item)
        made.items.push_back(value(false));
    return made;
}

ToHost create() {
    Create made{*ids(),
                *rc::gen::element(config::PluginKind::check, config::PluginKind::notifier),
                *words(),
                *words(),
                {}};
    const int values = *rc::gen::inRange(0, 6);
    for (int index = 0; index < values; ++index)
        made.values.push_back(value(true));
    return made;
}

ToHost notify() {
    return Notify{*ids(),
                  *ids(),
                  *times(),
                  *rc::gen::inRange(1U, 4U),
                  *rc::gen::arbitrary<std::uint64_t>(),
                  *rc::gen::arbitrary<std::int64_t>(),
                  *rc::gen::inRange(0U, 256U),
                  *words(),
                  *words(),
                  *words(),
                  *words(),
                  *words(),
                  *words(),
                  *times()};
}

ToAgent report() {
    Report made{*ids(),
                *rc::gen::arbitrary<std::uint64_t>(),
                *rc::gen::inRange(1U, 5U),
                *rc::gen::inRange(1U, 14U),
                *rc::gen::arbitrary<std::int32_t>(),
                *times(),
                *words(),
                {}};
    const int metrics = *rc::gen::inRange(0, 5);
    for (int index = 0; index < metrics; ++index)
        made.metrics.push_back({*words(), *rc::gen::arbitrary<double>()});
    return made;
}

ToAgent refused() {
    Refused made{*ids(), {}, *words()};
    if (*rc::gen::arbitrary<bool>()) made.parameter = *rc::gen::inRange(0U, 64U);
    return made;
}

auto fields(const AgentHello& m) {
    return std::tie(m.version, m.node);
}
auto fields(const Create& m) {
    return std::tie(m.instance, m.kind, m.type, m.name, m.values);
}
auto fields(const Destroy& m) {
    return std::tie(m.instance);
}
auto fields(const Probe& m) {
    return std::tie(m.instance, m.probe, m.deadline, m.asked);
}
auto fields(const Notify& m) {
    return std::tie(m.instance, m.event, m.deadline, m.kind, m.sequence, m.wall, m.priority, m.node, m.name,
                    m.group, m.old_state, m.new_state, m.reason, m.asked);
}
auto fields(const Ping& m) {
    return std::tie(m.number);
}
auto fields(const HostHello& m) {
    return std::tie(m.version, m.plugin, m.plugin_version);
}
auto fields(const Created& m) {
    return std::tie(m.instance);
}
auto fields(const Refused& m) {
    return std::tie(m.instance, m.parameter, m.text);
}
auto fields(const Report& m) {
    return std::tie(m.instance, m.probe, m.state, m.reason, m.detail, m.elapsed, m.message);
}
auto fields(const Ack& m) {
    return std::tie(m.instance, m.event, m.delivered, m.text);
}
auto fields(const LogLine& m) {
    return std::tie(m.instance, m.level, m.text);
}
auto fields(const Pong& m) {
    return std::tie(m.number, m.late_calls, m.dropped_logs, m.slow_calls, m.slowest, m.dropped_reports);
}

bool same_metrics(const std::vector<Metric>& left, const std::vector<Metric>& right) {
    return std::equal(
        left.begin(), left.end(), right.begin(), right.end(),
        [](const Metric& a, const Metric& b) { return a.name == b.name && a.value == b.value; });
}

template <class Variant>
bool same_any(const Variant& left, const Variant& right) {
    return std::visit(
        [&right](const auto& message) {
            using Message = std::decay_t<decltype(message)>;
            const auto* other = std::get_if<Message>(&right);
            if (other == nullptr || fields(message) != fields(*other)) return false;
            if constexpr (std::is_same_v<Message, Report>)
                return same_metrics(message.metrics, other->metrics);
            return true;
        },
        left);
}

}  // namespace

rc::Gen<ToHost> to_host_messages() {
    return rc::gen::exec([]() -> ToHost {
        switch (*rc::gen::inRange(0, 6)) {
            case 0: return AgentHello{*rc::gen::inRange(1U, UINT32_MAX), *words()};
            case 1: return create();
            case 2: return Destroy{*ids()};
            case 3: return Probe{*ids(), *ids(), *times(), *times()};
            case 4: return notify();
            default: return Ping{*rc::gen::arbitrary<std::uint64_t>()};
        }
    });
}

rc::Gen<ToAgent> to_agent_messages() {
    return rc::gen::exec([]() -> ToAgent {
        switch (*rc::gen::inRange(0, 7)) {
            case 0: return HostHello{*rc::gen::inRange(1U, UINT32_MAX), *words(), *words()};
            case 1: return Created{*ids()};
            case 2: return refused();
            case 3: return report();
            case 4: return Ack{*ids(), *ids(), *rc::gen::arbitrary<bool>(), *words()};
            case 5: return LogLine{*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::inRange(1U, 5U), *words()};
            default: return Pong{*ids(), *ids(), *ids(), *ids(), *times(), *ids()};
        }
    });
}

std::vector<ToHost> each_to_host() {
    const config::Value text{true, 0, 0, "10.0.2.10", {}};
    const config::Value list{true, 0, 0, {}, {text, {true, -7, 0.5, {}, {}}}};
    return {AgentHello{1, "lb1"},
            Create{5, config::PluginKind::check, "tcp", "web", {text, {}, list}},
            Destroy{5},
            Probe{5, 9, 1'000'000'000, 700'000'000},
            Notify{6, 3, 2'000'000'000, 1, 12, 1'700'000'000'000'000'000, 101, "lb1", "VI_1", "SG1", "backup",
                   "master", "no advert for 3.6 s", 1'990'000'000},
            Ping{77}};
}

std::vector<ToAgent> each_to_agent() {
    return {HostHello{1, "org.regent.tcp", "1.0.0"},
            Created{5},
            Refused{5, 2, "no such host"},
            Report{5, 9, 3, 2, -111, 300'000'000, "no answer within 300 ms", {{"sessions", 12.5}, {"up", 3}}},
            Ack{6, 3, true, "exit status 0"},
            LogLine{5, 2, "slow"},
            Pong{77, 1, 2, 3, 6'000'000, 4}};
}

bool same(const ToHost& left, const ToHost& right) {
    return same_any(left, right);
}
bool same(const ToAgent& left, const ToAgent& right) {
    return same_any(left, right);
}

}  // namespace regent::test
