// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/agent_commands.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <ostream>

#include "agent/ctl/arguments.hpp"
#include "agent/ctl/bus_client.hpp"
#include "agent/ctl/metrics_text.hpp"
#include "agent/ctl/status_text.hpp"
#include "agent/platform/clock.hpp"

namespace regent::ctl {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t any_number = 4096;

std::uint64_t now() {
    return static_cast<std::uint64_t>(platform::wall_clock() / 1000);
}

/// Runs what talks to the agent; what the bus says instead becomes a sentence and an exit code.
template <class Body>
ExitCode talk(const Streams& streams, const Body& body) {
    try {
        return body();
    } catch (const BusError& error) {
        streams.err << "regentctl: " << error.text << '\n';
        return error.code;
    }
}

void print_json(const ordered_json& document, std::ostream& out) {
    out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

/// The entry of that name in one of the lists.
const ordered_json* find(const ordered_json& status, const std::string& name) {
    for (const char* list : {"groups", "instances", "checks", "notifiers", "plugins"}) {
        for (const auto& entry : status.at(list))
            if (entry.at("name") == name) return &entry;
    }
    return nullptr;
}

const ordered_json& need(const ordered_json& status, const std::string& name) {
    if (const auto* found = find(status, name)) return *found;
    throw BusError{ExitCode::no_such_object, fmt::format("there is nothing called '{}'", name)};
}

/// Only the instances of those names, or of the groups of those names.
ordered_json only(ordered_json status, const std::vector<std::string>& names) {
    if (names.empty()) return status;
    for (const auto& name : names)
        need(status, name);
    const auto wanted = [&](const ordered_json& entry, const char* key) {
        return std::find(names.begin(), names.end(), entry.at(key).get<std::string>()) != names.end();
    };
    ordered_json instances = ordered_json::array(), groups = ordered_json::array();
    for (const auto& entry : status.at("instances"))
        if (wanted(entry, "name") || wanted(entry, "group")) instances.push_back(entry);
    for (const auto& entry : status.at("groups"))
        if (wanted(entry, "name")) groups.push_back(entry);
    status["instances"] = instances;
    status["groups"] = groups;
    return status;
}

}  // namespace

ExitCode status(const std::vector<std::string>& arguments, const Streams& streams) {
    const auto given = parse_arguments(arguments, Grammar{"status", {"json"}, {}, "NAME", 0, any_number});
    return talk(streams, [&] {
        BusClient client;
        const auto document = only(client.describe(), given.operands);
        if (given.switches.at("json")) {
            print_json(document, streams.out);
        } else {
            streams.out << status_text(document, now(), streams.colour_out);
        }
        return what_is_wrong(document).empty() ? ExitCode::ok : ExitCode::not_active;
    });
}

ExitCode list(const std::vector<std::string>& arguments, const Streams& streams) {
    const auto given = parse_arguments(arguments, Grammar{"list", {"json"}, {}, "KIND", 0, 1});
    const std::string kind = given.operands.empty() ? "instances" : given.operands.front();
    static constexpr std::array kinds{"instances", "groups", "checks", "notifiers", "plugins"};
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
        throw UsageError{fmt::format("list: '{}' is none of {}", kind, fmt::join(kinds, ", "))};
    return talk(streams, [&] {
        BusClient client;
        const auto document = client.describe();
        const auto& entries = document.at(kind);
        if (given.switches.at("json")) {
            print_json({{"schema", "regent.list.1"}, {kind, entries}}, streams.out);
            return ExitCode::ok;
        }
        for (const auto& entry : entries)
            streams.out << fmt::format("{} {}\n", entry.at("name").get<std::string>(),
                                       entry.value("state", "-"));
        return ExitCode::ok;
    });
}

ExitCode show(const std::vector<std::string>& arguments, const Streams& streams) {
    const auto given = parse_arguments(arguments, Grammar{"show", {"json"}, {}, "NAME"});
    return talk(streams, [&] {
        BusClient client;
        const auto document = client.describe();
        const auto& entry = need(document, given.operands.front());
        if (given.switches.at("json")) {
            ordered_json shown{{"schema", "regent.show.1"}};
            shown.update(entry);
            print_json(shown, streams.out);
        } else {
            streams.out << show_text(entry);
        }
        return ExitCode::ok;
    });
}

ExitCode handover(const std::vector<std::string>& arguments, const Streams& streams) {
    auto given = parse_arguments(arguments, Grammar{"handover", {}, {"reason"}, "NAME"});
    return talk(streams, [&] {
        BusClient client;
        client.handover(given.operands.front(), given.values["reason"]);
        streams.out << fmt::format(
            "{}: another master has taken over; regentctl release {} lets it come back\n",
            given.operands.front(), given.operands.front());
        return ExitCode::ok;
    });
}

ExitCode release(const std::vector<std::string>& arguments, const Streams& streams) {
    const auto given = parse_arguments(arguments, Grammar{"release", {}, {}, "NAME"});
    return talk(streams, [&] {
        BusClient client;
        client.release(given.operands.front());
        return ExitCode::ok;
    });
}

ExitCode maintenance(const std::vector<std::string>& arguments, const Streams& streams) {
    auto given = parse_arguments(arguments, Grammar{"maintenance", {}, {"reason"}, "on|off"});
    const std::string& word = given.operands.front();
    if (word != "on" && word != "off")
        throw UsageError{fmt::format("maintenance: '{}' is neither on nor off", word)};
    return talk(streams, [&] {
        BusClient client;
        client.set_maintenance(word == "on", given.values["reason"]);
        return ExitCode::ok;
    });
}

ExitCode reload(const std::vector<std::string>& arguments, const Streams& streams) {
    const auto given = parse_arguments(arguments, Grammar{"reload", {"json"}, {}, {}});
    return talk(streams, [&] {
        BusClient client;
        const auto [ok, diagnostics] = client.reload();
        if (given.switches.at("json")) {
            print_json({{"schema", "regent.reload.1"}, {"ok", ok}, {"diagnostics", diagnostics}},
                       streams.out);
        } else {
            for (const auto& each : diagnostics)
                streams.err << fmt::format("{}:{}:{}: {}: {}\n", each.at("file").get<std::string>(),
                                           each.at("line").get<unsigned>(), each.at("column").get<unsigned>(),
                                           each.at("severity").get<std::string>(),
                                           each.at("message").get<std::string>());
            if (!ok) streams.err << "regentctl: nothing was changed: the configuration before it runs on\n";
        }
        return ok ? ExitCode::ok : ExitCode::invalid_config;
    });
}

ExitCode metrics(const std::vector<std::string>& arguments, const Streams& streams) {
    parse_arguments(arguments, Grammar{"metrics", {}, {}, {}});
    return talk(streams, [&] {
        BusClient client;
        streams.out << metrics_text(client.describe());
        return ExitCode::ok;
    });
}

}  // namespace regent::ctl
