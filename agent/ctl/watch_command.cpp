// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/watch_command.hpp"

#include <algorithm>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include "agent/ctl/bus_client.hpp"
#include "agent/ctl/named.hpp"
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

/// The states of the instances and groups that are waited for.
class States {
  public:
    explicit States(const std::vector<std::string>& names) : names_(names) {}

    bool of_interest(const std::string& kind, const std::string& name) const {
        return names_.empty() || std::any_of(names_.begin(), names_.end(), [&](const std::string& wanted) {
                   return named(wanted).is(kind == "override" ? "check" : kind, name);
               });
    }
    /// As they are now.
    void look(const ordered_json& document) {
        for (const std::string kind : {"instance", "group"})
            for (const auto& entry : document.at(kind + "s"))
                if (of_interest(kind, entry.at("name")))
                    states_[{kind, entry.at("name")}] = entry.at("state");
    }
    void change(const BusClient::Change& change) {
        if (change.kind == "instance" || change.kind == "group")
            states_[{change.kind, change.name}] = change.new_state;
        if (change.kind != "agent") return;
        for (auto& [of, state] : states_)
            state.clear();
    }
    void need_all() const {
        for (const auto& name : names_)
            if (std::none_of(states_.begin(), states_.end(),
                             [&](const auto& of) { return named(name).is(of.first.first, of.first.second); }))
                throw BusError{ExitCode::no_such_object,
                               fmt::format("there is no instance or group '{}'", name)};
    }
    bool all_are(const std::string& wanted) const {
        return !states_.empty() && std::all_of(states_.begin(), states_.end(),
                                               [&](const auto& of) { return of.second == wanted; });
    }

  private:
    const std::vector<std::string>& names_;
    /// By kind and name: a group and one of its members may have the same.
    std::map<std::pair<std::string, std::string>, std::string> states_;
};

/// False: the agent has gone once more, and is looked at when it is back.
bool look_again(BusClient& client, States& states) {
    try {
        states.look(client.describe());
    } catch (const BusError& error) {
        if (error.code != ExitCode::unreachable) throw;
        return false;
    }
    return true;
}

}  // namespace

ExitCode watch(const Arguments& given, const Streams& streams) {
    const auto wanted = state_wanted(given);
    const auto limit = limit_of(given);
    try {
        BusClient client;
        States states(given.operands);
        bool is_back = false;
        // Before the first look: a change between the two is told twice rather than not at all.
        client.subscribe([&](const BusClient::Change& change) {
            if (change.kind != "agent" && !states.of_interest(change.kind, change.name)) return;
            print(change, given.is("json"), streams.out);
            states.change(change);
            is_back = is_back || (change.kind == "agent" && change.new_state == "there");
        });
        states.look(client.describe());
        if (wanted) states.need_all();
        const bool reached = client.wait(limit, [&] {
            // A disk that is full, or a reader that is gone where its signal is ignored: run() says so.
            if (!streams.out) return true;
            // What has changed while nobody could tell it.
            if (wanted && is_back) is_back = !look_again(client, states);
            return wanted && states.all_are(*wanted);
        });
        return reached || !wanted ? ExitCode::ok : ExitCode::timeout;
    } catch (const BusError& error) {
        streams.err << "regentctl: " << error.text << '\n';
        return error.code;
    }
}

}  // namespace regent::ctl
