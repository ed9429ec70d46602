// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <fmt/format.h>

#include "agent/config/read.hpp"
#include "agent/config/suggest.hpp"

namespace regent::config {

namespace {

using namespace std::chrono_literals;
using core::OnUnknown;

enum class Mode { event, poll, both };
constexpr std::array<std::pair<std::string_view, Mode>, 3> mode_words{
    {{"event", Mode::event}, {"poll", Mode::poll}, {"both", Mode::both}}};
constexpr std::array<std::pair<std::string_view, OnUnknown>, 3> on_unknown_words{
    {{"hold", OnUnknown::hold}, {"down", OnUnknown::down}, {"ignore", OnUnknown::ignore}}};

constexpr Duration shortest_interval = 10ms;
constexpr Duration shortest_timeout = 1ms;
constexpr Duration longest_interval = 24h;
constexpr int largest_threshold = 100;

/// Whether the type is one that is installed: only then the plugin's own keys can be judged.
bool read_type(const TableReader& reader, core::Check& check, const Capabilities& capabilities) {
    const auto type = reader.text("type");
    if (!type) return false;
    check.type = *type;
    if (capabilities.check_types.contains(*type)) return true;
    const std::vector<std::string> types(capabilities.check_types.begin(), capabilities.check_types.end());
    reader.error(reader.place("type"), "dangling", "type",
                 fmt::format("no installed plugin offers check type {}", in_quotes(*type)),
                 types.empty() ? "this version has no check plugins: remove the check and what tracks it"
                               : suggestion(*type, types, "the installed types are"));
    return false;
}

void read_schedule(const TableReader& reader, core::Check& check) {
    if (const auto interval = reader.duration("interval", shortest_interval, longest_interval)) {
        check.interval = *interval;
    }
    check.timeout = reader.duration("timeout", shortest_timeout, longest_interval).value_or(check.interval);
    if (const auto rise = reader.integer("rise", 1, largest_threshold))
        check.rise = static_cast<unsigned>(*rise);
    if (const auto fall = reader.integer("fall", 1, largest_threshold))
        check.fall = static_cast<unsigned>(*fall);
    const auto jitter = reader.duration("jitter");
    if (jitter && *jitter >= check.interval) {
        reader.error(
            reader.place("jitter"), "out_of_range", "jitter",
            fmt::format("jitter must be less than the interval, {}", format_duration(check.interval)));
    }
    reader.choice<Mode>("mode", mode_words);
    reader.boolean("confirm");
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

CheckDraft read_check(const toml::key& name, const toml::table& table, Report& report,
                      const Capabilities& capabilities) {
    CheckDraft draft;
    draft.settings.name = name.str();
    draft.places = places_of(name, table);
    TableReader reader(table, Section::check, fmt::format("check {}", in_quotes(name.str())),
                       fmt::format("check.{}", path_part(name.str())), report);
    reader.set_place(draft.places.header);
    const bool known = read_type(reader, draft.settings, capabilities);
    if (known || !reader.has("type")) reader.check_keys();
    read_schedule(reader, draft.settings);
    read_unknown(reader, draft.settings);
    return draft;
}

}  // namespace regent::config
