// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/status_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

namespace regent::ctl {
namespace {

using nlohmann::ordered_json;

std::string text(const ordered_json& object, const char* key) {
    return object.at(key).get<std::string>();
}

std::string upper(std::string word) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    return word;
}

/// ANSI colour of a state: green serves, yellow waits, red is broken.
const char* colour_of(const ordered_json& instance) {
    const std::string state = text(instance, "state");
    if (state == "fault") return "31";
    if (instance.at("last_resort") || instance.at("degraded")) return "33";
    return state == "master" ? "32" : state == "backup" ? "0" : "33";
}

std::string joined(const ordered_json& list) {
    const auto words = list.get<std::vector<std::string>>();
    return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ", "));
}

std::string priority(const ordered_json& instance) {
    const int base = instance.at("priority");
    const int effective = instance.at("effective_priority");
    return base == effective ? std::to_string(base) : fmt::format("{} of {}", effective, base);
}

using Row = std::array<std::string, 7>;

Row row_of(const ordered_json& instance, std::uint64_t now) {
    const std::string group = text(instance, "group");
    const std::string master = text(instance, "master");
    return {
        text(instance, "name"),          upper(text(instance, "state")),     priority(instance),
        group.empty() ? "-" : group,     master.empty() ? "nobody" : master, age(instance.at("since"), now),
        joined(instance.at("addresses"))};
}

}  // namespace

std::string age(std::uint64_t since, std::uint64_t now) {
    const std::uint64_t seconds = now > since ? (now - since) / 1'000'000 : 0;
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3600) return fmt::format("{} min", seconds / 60);
    if (seconds < 48UL * 3600) return fmt::format("{} h", seconds / 3600);
    return fmt::format("{} d", seconds / 86400);
}

namespace {

using Sentences = std::vector<std::string>;

/// A sentence of each instance that is so.
template <class Is, class Sentence>
void each(const ordered_json& status, Sentences& wrong, const Is& is, const Sentence& sentence) {
    for (const auto& instance : status.at("instances"))
        if (is(instance)) wrong.push_back(sentence(instance));
}

bool is_set(const ordered_json& object, const char* key) {
    return object.value(key, false);
}

void add_roles(const ordered_json& status, Sentences& wrong) {
    using Json = const ordered_json&;
    each(
        status, wrong, [](Json instance) { return text(instance, "state") == "fault"; },
        [](Json instance) {
            return fmt::format("{} is in FAULT: {}", text(instance, "name"), text(instance, "reason"));
        });
    each(
        status, wrong, [](Json instance) { return is_set(instance, "degraded"); },
        [](Json instance) {
            return fmt::format("{} is MASTER without some of its addresses: {}", text(instance, "name"),
                               text(instance, "reason"));
        });
    each(
        status, wrong, [](Json instance) { return is_set(instance, "last_resort"); },
        [](Json instance) {
            return fmt::format("{} is a last resort: {}", text(instance, "name"),
                               text(instance, "last_resort_cause"));
        });
    each(
        status, wrong,
        [](Json instance) {
            const auto state = text(instance, "state");
            return text(instance, "master").empty() && state != "fault" && state != "init";
        },
        [](Json instance) { return fmt::format("{}: no master is known", text(instance, "name")); });
}

void add_checks(const ordered_json& status, Sentences& wrong) {
    for (const auto& check : status.at("checks")) {
        const auto state = text(check, "state");
        if (state == "down" || state == "unknown")
            wrong.push_back(
                fmt::format("check {} is {}: {}", text(check, "name"), upper(state), text(check, "message")));
    }
}

/// What somebody has asked for, and may have forgotten.
void add_orders(const ordered_json& status, Sentences& wrong) {
    if (status.at("maintenance")) {
        const auto reason = text(status, "maintenance_reason");
        wrong.push_back("this node is in maintenance" + (reason.empty() ? "" : ": " + reason) +
                        "; regentctl maintenance off ends it");
    }
    each(
        status, wrong, [](const ordered_json& instance) { return is_set(instance, "held"); },
        [](const ordered_json& instance) {
            const auto group = text(instance, "group");
            return fmt::format("{} was handed over and is held: regentctl release {} lets it come back",
                               text(instance, "name"), group.empty() ? text(instance, "name") : group);
        });
    for (const auto& check : status.at("checks")) {
        if (const auto state = check.value("override_state", ""); !state.empty())
            wrong.push_back(fmt::format("check {} counts as {}, whatever it says: an operator has said so",
                                        text(check, "name"), upper(state)));
    }
}

void add_services(const ordered_json& status, Sentences& wrong) {
    if (const auto problem = text(status, "config_problem"); !problem.empty())
        wrong.push_back(problem + "; regentctl reload tries again and says what is wrong");
    for (const auto& plugin : status.at("plugins")) {
        if (text(plugin, "state") == "waiting")
            wrong.push_back(fmt::format(
                "plugin {} does not run and will be started again ({} starts so far): the log tells why",
                text(plugin, "name"), plugin.at("starts").get<std::uint64_t>()));
    }
    for (const auto& notifier : status.at("notifiers")) {
        const std::uint64_t lost =
            notifier.at("failed").get<std::uint64_t>() + notifier.at("dropped").get<std::uint64_t>();
        if (notifier.value("failing", false))
            wrong.push_back(fmt::format(
                "notifier {} has not delivered {} of {} events: {}", text(notifier, "name"), lost,
                lost + notifier.at("delivered").get<std::uint64_t>(), text(notifier, "last_error")));
    }
}

}  // namespace

std::vector<std::string> what_is_wrong(const ordered_json& status) {
    Sentences wrong;
    add_roles(status, wrong);
    add_checks(status, wrong);
    add_orders(status, wrong);
    add_services(status, wrong);
    return wrong;
}

namespace {

/// " (counts as UP for 3 min more)"; nothing without an override.
std::string override_text(const ordered_json& check, std::uint64_t now) {
    const auto state = check.value("override_state", "");
    if (state.empty()) return "";
    return fmt::format(" (counts as {} for {} more)", upper(state),
                       age(now, std::max<std::uint64_t>(now, check.at("override_until"))));
}

/// Adverts of others that did not count: with two masters it says why they do not hear each other. "5
/// authentication, 2 interval"; nothing without any.
std::string discarded(const ordered_json& instance) {
    // Of these there are some where all is well.
    constexpr std::array<std::string_view, 4> usual{"looped", "unknown_vrid", "not_running", "owner"};
    std::vector<std::string> parts;
    for (const auto& [reason, number] : instance.at("statistics").at("discarded").items())
        if (number != 0 && std::find(usual.begin(), usual.end(), reason) == usual.end())
            parts.push_back(fmt::format("{} {}", number.get<std::uint64_t>(), reason));
    return fmt::format("{}", fmt::join(parts, ", "));
}

/// Below the line of an instance.
std::string why(const ordered_json& instance) {
    const std::string lost = discarded(instance);
    const std::string weights = instance.value("weights", "");
    return fmt::format("    {}\n", text(instance, "reason")) +
           (weights.empty() ? "" : fmt::format("    priority {}: {}\n", priority(instance), weights)) +
           (lost.empty() ? "" : fmt::format("    adverts discarded since the agent's start: {}\n", lost));
}

/// Whom it has heard, and a line for each of its last changes of state.
std::string past(const ordered_json& instance, std::uint64_t now) {
    const auto peers = instance.value("peers", ordered_json::array());
    std::string out =
        peers.empty() ? "" : fmt::format("    heard since the agent's start: {}\n", joined(peers));
    for (const auto& change : instance.value("last_transitions", ordered_json::array()))
        out += fmt::format("    {} ago: {} to {}: {}\n", age(change.at("time"), now),
                           upper(text(change, "old_state")), upper(text(change, "new_state")),
                           text(change, "reason"));
    return out;
}

/// A line for each check; nothing without any.
std::string checks_text(const ordered_json& status, std::uint64_t now) {
    std::size_t width = 0;
    for (const auto& check : status.at("checks"))
        width = std::max(width, text(check, "name").size());
    std::string out = width > 0 ? "\n" : "";
    for (const auto& check : status.at("checks")) {
        const std::uint64_t since = check.at("since");
        out += fmt::format("  check {:{}}  {:8}  {:6}  {}{}\n", text(check, "name"), width,
                           upper(text(check, "state")), since == 0 ? "-" : age(since, now),
                           text(check, "message"), override_text(check, now));
    }
    return out;
}

}  // namespace

std::string status_text(const ordered_json& status, std::uint64_t now, bool colour, bool legend,
                        bool history) {
    std::string out =
        fmt::format("{}: regent {}, {} applied {} ago{}\n", text(status, "node"), text(status, "version"),
                    text(status, "config_path"), age(status.at("last_reload"), now),
                    is_set(status, "config_edited") ? ", edited since: regentctl reload applies it" : "");
    for (const std::string& sentence : what_is_wrong(status))
        out += colour ? fmt::format("\x1b[31m! {}\x1b[0m\n", sentence) : fmt::format("! {}\n", sentence);
    if (status.at("instances").empty()) return out + "no instance is configured\n";
    std::vector<Row> rows{{"INSTANCE", "STATE", "PRIORITY", "GROUP", "MASTER", "SINCE", "HELD"}};
    for (const auto& instance : status.at("instances"))
        rows.push_back(row_of(instance, now));
    std::array<std::size_t, 7> width{};
    for (const Row& row : rows)
        for (std::size_t column = 0; column < row.size(); ++column)
            width[column] = std::max(width[column], row[column].size());
    out += '\n';
    for (std::size_t number = legend ? 0 : 1; number < rows.size(); ++number) {
        const Row& row = rows[number];
        std::string line;
        for (std::size_t column = 0; column + 1 < row.size(); ++column)
            line += fmt::format("{:{}}  ", row[column], width[column]);
        line += row.back();
        const bool shown = colour && number > 0;
        const std::string mark = number == 0 ? "  " : "● ";
        out += shown ? fmt::format("\x1b[{}m{}\x1b[0m{}\n", colour_of(status.at("instances")[number - 1]),
                                   mark, line)
                     : mark + line + "\n";
        if (number == 0) continue;
        const auto& instance = status.at("instances")[number - 1];
        out += why(instance) + (history ? past(instance, now) : "");
    }
    return out + checks_text(status, now);
}

std::string list_text(const std::vector<NameAndState>& rows, bool columns, bool legend) {
    std::size_t width = legend ? 4 : 0;
    for (const auto& row : rows)
        width = std::max(width, row.name.size());
    if (!columns) width = 0;
    const char* between = columns ? "  " : " ";
    std::string out = legend && !rows.empty() ? fmt::format("{:{}}{}STATE\n", "NAME", width, between) : "";
    for (const auto& row : rows)
        out += fmt::format("{:{}}{}{}\n", row.name, width, between, row.state);
    return out;
}

ordered_json properties_of(const ordered_json& object) {
    ordered_json properties = ordered_json::object();
    for (const auto& [key, value] : object.items()) {
        const bool records = value.is_array() && !value.empty() && value.front().is_object();
        if (!value.is_object() && !records) {
            properties[key] = value;
            continue;
        }
        // Counters, and counters by reason in them; changes of state by their place.
        const ordered_json flat = value.empty() ? ordered_json::object() : value.flatten();
        for (const auto& [path, number] : flat.items()) {
            std::string name = key + path;
            std::replace(name.begin(), name.end(), '/', '.');
            properties[name] = number;
        }
    }
    return properties;
}

std::string show_text(const ordered_json& object) {
    const ordered_json properties = properties_of(object);
    std::size_t width = 0;
    for (const auto& [name, value] : properties.items())
        width = std::max(width, name.size());
    std::string out;
    for (const auto& [name, value] : properties.items()) {
        const std::string shown = value.is_array()    ? joined(value)
                                  : value.is_string() ? value.get<std::string>()
                                                      : value.dump();
        out += fmt::format("{:{}}  {}\n", name, width, shown.empty() ? "-" : shown);
    }
    return out;
}

std::string values_text(const ordered_json& properties) {
    std::string out;
    for (const auto& [name, value] : properties.items()) {
        out += value.is_array()    ? fmt::format("{}", fmt::join(value.get<std::vector<std::string>>(), " "))
               : value.is_string() ? value.get<std::string>()
                                   : value.dump();
        out += '\n';
    }
    return out;
}

}  // namespace regent::ctl
