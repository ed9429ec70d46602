// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/watch_command.hpp"

#include <algorithm>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <ostream>

#include "agent/ctl/bus_client.hpp"
#include "agent/platform/clock.hpp"

namespace regent::ctl {
namespace {

using nlohmann::ordered_json;

/// What is waited for: "state=master".
std::optional<std::string> state_wanted(const Arguments& given) {
    const auto& text = given.value("until");
    if (!text) return std::nullopt;
    return text->substr(text->find('=') + 1);
}

std::optional<std::chrono::milliseconds> limit_of(const Arguments& given) {
    const auto limit = duration_value(given, "timeout");
    if (!limit) return std::nullopt;
    return std::chrono::ceil<std::chrono::milliseconds>(*limit);
}

/// "07:40:00.123", of this machine's clock.
std::string clock_text() {
    const auto now = platform::wall_clock();
    const auto seconds = static_cast<std::time_t>(now / 1'000'000'000);
    return fmt::format("{:%H:%M:%S}.{:03}", fmt::localtime(seconds), now / 1'000'000 % 1000);
}

void print(const BusClient::Change& change, bool as_json, std::ostream& out) {
    if (as_json) {
        const ordered_json line{{"schema", "regent.change.1"},   {"time", platform::wall_clock() / 1000},
                                {"kind", change.kind},           {"name", change.name},
                                {"old_state", change.old_state}, {"new_state", change.new_state},
                                {"sequence", change.sequence},   {"reason", change.reason}};
        out << line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << std::endl;
        return;
    }
    const std::string from = change.old_state.empty() ? "" : change.old_state + " -> ";
    const std::string why = change.reason.empty() ? "" : ": " + change.reason;
    out << fmt::format("{}  {} {}  {}{}{}", clock_text(), change.kind, change.name, from, change.new_state,
                       why)
        << std::endl;
}

}  // namespace

ExitCode watch(const Arguments& given, const Streams& streams) {
    const auto wanted = state_wanted(given);
    const auto limit = limit_of(given);
    const auto& names = given.operands;
    const auto of_interest = [&](const std::string& name) {
        return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
    };
    try {
        BusClient client;
        std::map<std::string, std::string> states;  // of the instances and groups that count for --until
        // Before the first look: a change between the two is told twice rather than not at all.
        client.subscribe([&](const BusClient::Change& change) {
            if (change.kind != "agent" && !of_interest(change.name)) return;
            print(change, given.is("json"), streams.out);
            if (const auto state = states.find(change.name); state != states.end())
                state->second = change.new_state;
        });
        const auto document = client.describe();
        for (const char* list : {"instances", "groups"})
            for (const auto& entry : document.at(list))
                if (of_interest(entry.at("name"))) states[entry.at("name")] = entry.at("state");
        for (const auto& name : names)
            if (wanted && !states.contains(name))
                throw BusError{ExitCode::no_such_object,
                               fmt::format("there is no instance or group '{}'", name)};
        const bool reached = client.wait(limit, [&] {
            return wanted && std::all_of(states.begin(), states.end(),
                                         [&](const auto& of) { return of.second == *wanted; });
        });
        return reached || !wanted ? ExitCode::ok : ExitCode::timeout;
    } catch (const BusError& error) {
        streams.err << "regentctl: " << error.text << '\n';
        return error.code;
    }
}

}  // namespace regent::ctl
