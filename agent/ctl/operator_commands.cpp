// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/operator_commands.hpp"

#include <fmt/format.h>
#include <ostream>

#include "agent/ctl/arguments.hpp"
#include "agent/ctl/json_text.hpp"
#include "agent/ctl/talk.hpp"
#include "agent/record/text_value.hpp"

namespace regent::ctl {
namespace {

using nlohmann::ordered_json;

// The longest is that of any duration.
constexpr Duration least_override = std::chrono::seconds(1);

/// As `config check` does, without the line itself: the file is the agent's to read.
void print_diagnostic(const ordered_json& found, std::ostream& err) {
    const auto line = found.at("line").get<unsigned>();
    // Without one it is about the file as a whole.
    const auto place = line == 0 ? "" : fmt::format(":{}:{}", line, found.at("column").get<unsigned>());
    err << fmt::format("{}{}: {}: {}\n", found.at("file").get<std::string>(), place,
                       found.at("severity").get<std::string>(), found.at("message").get<std::string>());
    if (const auto hint = found.value("hint", ""); !hint.empty())
        err << fmt::format("    = hint: {}\n", hint);
}

/// Why, as it was given; empty without one. The bus takes UTF-8 alone.
std::string reason_of(const Arguments& given) {
    const std::string reason = given.value("reason").value_or("");
    if (!record::is_utf8(reason)) throw UsageError{"--reason: the text is not UTF-8"};
    return reason;
}

/// Has the agent do it, and says `sentence` when it is done; nothing without one. What it could not do is
/// told behind `of`: the agent does not repeat what it was asked about.
template <class Act>
ExitCode done(const Streams& streams, const Act& act, const std::string& sentence = {},
              const std::string& of = {}) {
    return talk(streams, [&] {
        BusClient client;
        try {
            act(client);
        } catch (BusError& error) {
            if (error.code == ExitCode::failure && !of.empty()) error.text = of + ": " + error.text;
            throw;
        }
        if (!sentence.empty()) streams.out << sentence << '\n';
        return ExitCode::ok;
    });
}

}  // namespace

ExitCode handover(const Arguments& given, const Streams& streams) {
    const std::string& name = given.operands.front();
    return done(
        streams, [&](BusClient& client) { client.handover(name, reason_of(given)); },
        fmt::format("{0}: another master has taken over; regentctl release {0} lets it come back", name),
        name + " is not handed over");
}

ExitCode release(const Arguments& given, const Streams& streams) {
    const std::string& name = given.operands.front();
    return done(
        streams, [&](BusClient& client) { client.release(name); }, {}, name + " is not released");
}

ExitCode maintenance(const Arguments& given, const Streams& streams) {
    return done(streams, [&](BusClient& client) {
        client.set_maintenance(given.operands.front() == "on", reason_of(given));
    });
}

ExitCode reload(const Arguments& given, const Streams& streams) {
    return talk(streams, [&] {
        BusClient client;
        const auto [ok, diagnostics] = client.reload();
        if (given.is("json")) {
            print_json({{"schema", "regent.reload.1"}, {"ok", ok}, {"diagnostics", diagnostics}},
                       streams.out);
        } else {
            for (const auto& each : diagnostics)
                print_diagnostic(each, streams.err);
            if (!ok) streams.err << "regentctl: nothing was changed: the configuration before it runs on\n";
        }
        return ok ? ExitCode::ok : ExitCode::invalid_config;
    });
}

ExitCode announce(const Arguments& given, const Streams& streams) {
    const std::string& name = given.operands.front();
    return done(
        streams, [&](BusClient& client) { client.announce(name); }, {}, name + " is not announced");
}

ExitCode check_run(const Arguments& given, const Streams& streams) {
    const std::string& check = given.operands.front();
    return talk(streams, [&] {
        BusClient client;
        const auto [state, message] = client.run_check(check);
        if (given.is("json")) {
            print_json(
                {{"schema", "regent.check.1"}, {"name", check}, {"state", state}, {"message", message}},
                streams.out);
        } else {
            streams.out << fmt::format("{} {}{}{}\n", check, state, message.empty() ? "" : ": ", message);
        }
        return state == "up" || state == "degraded" ? ExitCode::ok : ExitCode::not_active;
    });
}

ExitCode check_override(const Arguments& given, const Streams& streams) {
    const auto lasts = duration_value(given, "for");
    if (lasts < least_override) throw UsageError{"--for: must be 1s to 168h"};
    return done(streams, [&](BusClient& client) {
        client.override_check(given.operands[0], given.operands[1],
                              std::chrono::duration_cast<std::chrono::microseconds>(lasts.value()));
    });
}

ExitCode check_clear(const Arguments& given, const Streams& streams) {
    return done(streams, [&](BusClient& client) { client.clear_override(given.operands.front()); });
}

ExitCode notifier_test(const Arguments& given, const Streams& streams) {
    const std::string& name = given.operands.front();
    return done(
        streams, [&](BusClient& client) { client.test_notifier(name); },
        fmt::format("{}: the test event was delivered", name), name + ": the test event was not delivered");
}

ExitCode plugin_restart(const Arguments& given, const Streams& streams) {
    const std::string& name = given.operands.front();
    return done(
        streams, [&](BusClient& client) { client.restart_plugin(name); }, fmt::format("{}: runs again", name),
        name + " is not restarted");
}

}  // namespace regent::ctl
