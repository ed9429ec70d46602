// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/agent_commands.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <ostream>
#include <sstream>
#include <utility>

#include "agent/config/config.hpp"
#include "agent/ctl/bus_client.hpp"
#include "agent/ctl/json_text.hpp"
#include "agent/ctl/metrics_text.hpp"
#include "agent/ctl/named.hpp"
#include "agent/ctl/status_text.hpp"
#include "agent/ctl/talk.hpp"
#include "agent/platform/clock.hpp"

namespace regent::ctl {
namespace {

using nlohmann::ordered_json;

std::uint64_t now() {
    return static_cast<std::uint64_t>(platform::wall_clock() / 1000);
}

/// An entry of a list, and of what kind it is.
using Entry = std::pair<std::string, const ordered_json*>;

/// Everything of that name that is of one of `kinds`; one at least, or what is told names `what`.
std::vector<Entry> need(const ordered_json& status, const std::string& name,
                        std::initializer_list<const char*> kinds, const char* what) {
    std::vector<Entry> found;
    for (const std::string kind : kinds) {
        for (const auto& entry : status.at(kind + "s"))
            if (named(name).is(kind, entry.at("name").get<std::string>())) found.emplace_back(kind, &entry);
    }
    if (!found.empty()) return found;
    throw BusError{ExitCode::no_such_object, fmt::format("there is no {} '{}'", what, name)};
}

/// In a word; a notifier works or fails.
std::string state_of(const ordered_json& entry) {
    return entry.value("state", entry.value("failing", false) ? "failing" : "working");
}

/// Those of a list as "state,reason", in its order.
ordered_json only_properties(const ordered_json& entry, const std::string& wanted) {
    const auto all = properties_of(entry);
    ordered_json found = ordered_json::object();
    std::istringstream names(wanted);
    for (std::string name; std::getline(names, name, ',');) {
        if (!all.contains(name))
            throw BusError{ExitCode::no_such_object,
                           fmt::format("{0} has no property '{1}': regentctl show {0} lists what it has",
                                       entry.at("name").get<std::string>(), name)};
        found[name] = all.at(name);
    }
    return found;
}

/// Only the instances of those names, or of the groups of those names.
ordered_json only(ordered_json status, const std::vector<std::string>& names) {
    if (names.empty()) return status;
    for (const auto& name : names)
        need(status, name, {"group", "instance"}, "instance or group");
    const auto wanted = [&](const char* kind, const ordered_json& entry, const char* key) {
        return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return named(name).is(kind, entry.at(key).get<std::string>());
        });
    };
    ordered_json instances = ordered_json::array();
    ordered_json groups = ordered_json::array();
    for (const auto& entry : status.at("instances"))
        if (wanted("instance", entry, "name") || wanted("group", entry, "group")) instances.push_back(entry);
    for (const auto& entry : status.at("groups"))
        if (wanted("group", entry, "name")) groups.push_back(entry);
    status["instances"] = instances;
    status["groups"] = groups;
    return status;
}

/// Whether the file that was applied has been edited since; left out where that cannot be seen from here, or
/// where the agent has something to say about the file itself.
void note_edited(ordered_json& status) {
    const std::filesystem::path file = status.at("config_path").get<std::string>();
    if (!file.is_absolute() || !status.at("config_problem").get<std::string>().empty()) return;
    if (const auto hash = config::hash_of_file(file))
        status["config_edited"] = *hash != status.at("config_hash").get<std::string>();
}

}  // namespace

ExitCode status(const Arguments& given, const Streams& streams) {
    return talk(streams, [&] {
        BusClient client;
        auto document = only(client.describe(), given.operands);
        note_edited(document);
        const auto problems = what_is_wrong(document);
        if (given.is("json")) {
            document["problems"] = problems;
            print_json(document, streams.out);
        } else {
            streams.out << status_text(document, now(), streams.colour_out, !given.is("no-legend"),
                                       !given.operands.empty());
        }
        return problems.empty() ? ExitCode::ok : ExitCode::not_active;
    });
}

ExitCode list(const Arguments& given, const Streams& streams) {
    const auto kinds = given.operands.empty() ? std::vector<std::string>{"instances"} : given.operands;
    return talk(streams, [&] {
        BusClient client;
        const auto document = client.describe();
        if (given.is("json")) {
            ordered_json listed{{"schema", "regent.list.1"}};
            for (const auto& kind : kinds)
                listed[kind] = document.at(kind);
            print_json(listed, streams.out);
            return ExitCode::ok;
        }
        std::vector<NameAndState> rows;
        for (const auto& kind : kinds)
            for (const auto& entry : document.at(kind))
                rows.push_back({entry.at("name"), state_of(entry)});
        if (given.is("names")) {
            for (const auto& row : rows)
                streams.out << row.name << '\n';
        } else {
            streams.out << list_text(rows, streams.terminal, streams.terminal && !given.is("no-legend"));
        }
        return ExitCode::ok;
    });
}

ExitCode show(const Arguments& given, const Streams& streams) {
    return talk(streams, [&] {
        BusClient client;
        const auto document = client.describe();
        const std::string& name = given.operands.front();
        const auto found = need(document, name, {"group", "instance", "check", "notifier", "plugin"},
                                "instance, group, check, notifier or plugin");
        for (auto other = found.begin() + 1; other != found.end(); ++other)
            streams.err << fmt::format("regentctl: this is the {0}; there is {1}/{2} as well\n",
                                       found.front().first, other->first, name);
        ordered_json entry = *found.front().second;
        const auto& wanted = given.value("property");
        if (wanted) entry = only_properties(entry, *wanted);
        if (given.is("json")) {
            ordered_json shown{{"schema", "regent.show.1"}};
            shown.update(entry);
            print_json(shown, streams.out);
        } else {
            streams.out << (wanted ? values_text(entry) : show_text(entry));
        }
        return ExitCode::ok;
    });
}

ExitCode metrics(const Arguments&, const Streams& streams) {
    return talk(streams, [&] {
        BusClient client;
        streams.out << metrics_text(client.describe());
        return ExitCode::ok;
    });
}

}  // namespace regent::ctl
