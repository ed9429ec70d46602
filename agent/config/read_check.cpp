// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <fmt/format.h>

#include "agent/config/read.hpp"

namespace regent::config {

namespace {

using namespace std::chrono_literals;
using core::OnUnknown;

constexpr std::array<std::pair<std::string_view, Mode>, 3> mode_words{
    {{"event", Mode::event}, {"poll", Mode::poll}, {"both", Mode::both}}};
constexpr std::array<std::pair<std::string_view, OnUnknown>, 3> on_unknown_words{
    {{"hold", OnUnknown::hold}, {"down", OnUnknown::down}, {"ignore", OnUnknown::ignore}}};

constexpr Duration shortest_interval = 10ms;
constexpr Duration shortest_timeout = 1ms;
constexpr Duration longest_interval = 24h;
constexpr Duration shortest_resync = 1s;
constexpr int largest_threshold = 100;

void read_schedule(const TableReader& reader, CheckDraft& draft) {
    core::Check& check = draft.settings;
    if (const auto interval = reader.duration("interval", shortest_interval, longest_interval)) {
        check.interval = *interval;
    }
    check.timeout = reader.duration("timeout", shortest_timeout, longest_interval).value_or(check.interval);
    if (const auto rise = reader.integer("rise", 1, largest_threshold))
        check.rise = static_cast<unsigned>(*rise);
    if (const auto fall = reader.integer("fall", 1, largest_threshold))
        check.fall = static_cast<unsigned>(*fall);
    const auto jitter = reader.duration("jitter");
    if (!jitter) return;
    if (*jitter >= check.interval) {
        reader.error(
            reader.place("jitter"), "out_of_range", "jitter",
            fmt::format("jitter must be less than the interval, {}", format_duration(check.interval)));
    }
    draft.plan.jitter = *jitter;
}

/// After the type is known: not every type can push.
void read_mode(const TableReader& reader, CheckDraft& draft) {
    CheckPlan& plan = draft.plan;
    const auto mode = reader.choice<Mode>("mode", mode_words);
    if (mode) plan.mode = *mode;
    const bool silent = draft.use.offer && !draft.use.offer.type->pushes;
    if (silent && plan.mode == Mode::event) {
        reader.error(reader.place("mode"), "bad_value", "mode",
                     fmt::format("mode cannot be \"event\": type {} reports only when it is asked",
                                 in_quotes(draft.use.use.type)),
                     "write mode = \"poll\", or leave it out");
    }
    const auto resync = reader.duration("resync", shortest_resync, longest_interval);
    if (resync) plan.resync = *resync;
    if (reader.has("resync") && plan.mode != Mode::event && (mode || !reader.has("mode"))) {
        reader.error(reader.place("resync"), "conflict", "resync",
                     "resync belongs to mode = \"event\", which is not set",
                     "otherwise the check is asked every interval");
    }
    plan.confirm = reader.boolean("confirm").value_or(false);
    if (plan.confirm && (silent || plan.mode == Mode::poll)) {
        reader.report().warning(reader.place("confirm"), "no_effect", reader.path() + ".confirm",
                                fmt::format("{}: confirm changes nothing: {}", reader.subject(),
                                            silent ? "the type reports only when it is asked"
                                                   : "with mode = \"poll\" what is pushed does not count"));
    }
}

void read_unknown(const TableReader& reader, core::Check& check) {
    const auto on_unknown = reader.choice<OnUnknown>("on_unknown", on_unknown_words);
    if (on_unknown) check.on_unknown = *on_unknown;
    check.hold_time = reader.duration("hold_time", shortest_timeout);
    if (check.hold_time && check.on_unknown != OnUnknown::hold) {
        reader.error(reader.place("hold_time"), "conflict", "hold_time",
                     "hold_time bounds on_unknown = \"hold\", which is not set");
    }
}

}  // namespace

CheckDraft read_check(const toml::key& name, const toml::table& table, Report& report, Offers& offers) {
    CheckDraft draft;
    draft.settings.name = name.str();
    draft.places = places_of(name, table);
    TableReader reader(table, Section::check, fmt::format("check {}", in_quotes(name.str())),
                       fmt::format("check.{}", path_part(name.str())), report);
    reader.set_place(draft.places.header);
    draft.use = read_use(reader, PluginKind::check, offers);
    draft.settings.type = draft.use.use.type;
    read_schedule(reader, draft);
    read_mode(reader, draft);
    read_unknown(reader, draft.settings);
    return draft;
}

}  // namespace regent::config
