// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/plugin_commands.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "agent/config/config.hpp"
#include "agent/config/parameter_text.hpp"
#include "agent/config/source_text.hpp"
#include "agent/ctl/json_text.hpp"
#include "agent/ctl/plugin_places.hpp"
#include "agent/plugin/description.hpp"

namespace regent::ctl {

namespace {

using config::Parameter;
using config::Plugin;
using config::PluginType;
using nlohmann::ordered_json;

struct Row {
    const Plugin* plugin;
    const PluginType* type;
};

/// Every type, or those called `name`: checks before notifiers, then by name.
std::vector<Row> rows_of(const config::Installed& installed, const std::string& name = {}) {
    std::vector<Row> rows;
    for (const Plugin& plugin : installed.plugins) {
        for (const PluginType& type : plugin.types) {
            if (name.empty() || type.name == name) rows.push_back({&plugin, &type});
        }
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        return std::pair(a.type->kind, a.type->name) < std::pair(b.type->kind, b.type->name);
    });
    return rows;
}

/// Each once, though a check and a notifier may share one.
void print_names(const std::vector<Row>& rows, std::ostream& out) {
    std::set<std::string> names;
    for (const Row& row : rows)
        names.insert(row.type->name);
    for (const std::string& name : names)
        out << name << '\n';
}

void print_problems(const config::Installed& installed, std::ostream& err) {
    for (const auto& problem : installed.problems) {
        err << fmt::format("regentctl: {} cannot be used: {}\n", config::printable(problem.file.string()),
                           config::printable(problem.text));
    }
}

ordered_json problems_json(const config::Installed& installed) {
    ordered_json problems = ordered_json::array();
    for (const auto& problem : installed.problems)
        problems.push_back({{"file", problem.file.string()}, {"text", problem.text}});
    return problems;
}

/// The description as its plugin gave it, and the file.
ordered_json plugin_json(const Plugin& plugin) {
    ordered_json document{{"file", plugin.file.string()}};
    document.update(ordered_json::parse(plugin::write_description(plugin)));
    return document;
}

std::string type_word(const Parameter& parameter) {
    const std::string_view word = plugin::word(parameter.type);
    return parameter.list ? fmt::format("list of {}", word) : std::string(word);
}

/// "required, 1 to 64 entries, one of: get, head": all but type and summary.
std::string conditions(const Parameter& parameter) {
    std::vector<std::string> parts;
    if (parameter.required) parts.emplace_back("required");
    if (!parameter.default_toml.empty()) {
        parts.push_back("default " + (parameter.secret ? "***" : parameter.default_toml));
    }
    if (const std::string range = config::range_of(parameter); !range.empty()) parts.push_back(range);
    if (!parameter.choices.empty()) {
        parts.push_back(fmt::format("one of: {}", fmt::join(parameter.choices, ", ")));
    }
    if (parameter.secret) parts.emplace_back("secret");
    if (parameter.deprecated) parts.emplace_back("deprecated");
    return fmt::format("{}", fmt::join(parts, "; "));
}

void print_parameter(const Parameter& parameter, std::ostream& out) {
    const std::string more = conditions(parameter);
    out << fmt::format("  {} ({}{}{})\n      {}\n", parameter.name, type_word(parameter),
                       more.empty() ? "" : "; ", more, parameter.summary);
}

void print_type(const Row& row, std::ostream& out) {
    const auto& [plugin, type] = row;
    const auto line = [&](std::string_view what, const std::string& text) {
        if (!text.empty()) out << fmt::format("  {:8} {}\n", what, text);
    };
    out << fmt::format("{} {}: {}\n", plugin::word(type->kind), type->name, type->summary);
    line("plugin", fmt::format("{} {}", plugin->id, plugin->version));
    line("file", config::printable(plugin->file.string()));
    line("about", plugin->summary);
    line("url", plugin->url);
    line("license", plugin->license);
    if (type->kind == config::PluginKind::check) {
        line("reports", type->pushes ? "when asked, and by itself" : "when asked");
    }
    std::vector<std::string> needs;
    if (type->needs_net_raw) needs.emplace_back("CAP_NET_RAW");
    if (type->needs_setuid) needs.emplace_back("CAP_SETUID, CAP_SETGID, CAP_KILL");
    line("needs", fmt::format("{}", fmt::join(needs, ", ")));
    line("flaw", config::schema_flaw(*type));
    out << (type->parameters.empty() ? "\nNo parameters.\n" : "\nParameters:\n");
    for (const Parameter& parameter : type->parameters)
        print_parameter(parameter, out);
}

}  // namespace

ExitCode plugin_list(const Arguments& given, const Streams& streams) {
    const config::Installed installed = catalog_of(given).scan();
    if (given.is("json")) {
        ordered_json plugins = ordered_json::array();
        for (const Plugin& plugin : installed.plugins)
            plugins.push_back(plugin_json(plugin));
        print_json({{"schema", "regent.plugin-list.1"},
                    {"plugins", std::move(plugins)},
                    {"problems", problems_json(installed)}},
                   streams.out);
        return ExitCode::ok;
    }
    const auto rows = rows_of(installed);
    if (given.is("names")) {
        print_names(rows, streams.out);
        return ExitCode::ok;
    }
    print_problems(installed, streams.err);
    if (rows.empty() && installed.problems.empty()) streams.err << "regentctl: no plugin is installed\n";
    std::size_t name = 4;
    std::size_t plugin = 6;
    for (const Row& row : rows) {
        name = std::max(name, row.type->name.size());
        plugin = std::max(plugin, row.plugin->id.size() + 1 + row.plugin->version.size());
    }
    if (!rows.empty() && streams.terminal && !given.is("no-legend")) {
        streams.out << fmt::format("{:8}  {:{}}  {:{}}  SUMMARY\n", "KIND", "TYPE", name, "PLUGIN", plugin);
    }
    for (const Row& row : rows) {
        streams.out << fmt::format("{:8}  {:{}}  {:{}}  {}\n", plugin::word(row.type->kind), row.type->name,
                                   name, fmt::format("{} {}", row.plugin->id, row.plugin->version), plugin,
                                   row.type->summary);
    }
    return ExitCode::ok;
}

ExitCode plugin_show(const Arguments& given, const Streams& streams) {
    const std::string& name = given.operands.front();
    const config::Installed installed = catalog_of(given).scan();
    const auto rows = name.empty() ? std::vector<Row>{} : rows_of(installed, name);
    if (rows.empty()) {
        print_problems(installed, streams.err);
        streams.err << fmt::format("regentctl: no installed plugin offers the type {}\n",
                                   config::in_quotes(name));
        return ExitCode::no_such_object;
    }
    if (!given.is("json")) {
        for (const Row& row : rows) {
            if (&row != &rows.front()) streams.out << '\n';
            print_type(row, streams.out);
        }
        return ExitCode::ok;
    }
    ordered_json types = ordered_json::array();
    for (const Row& row : rows) {
        Plugin alone = *row.plugin;
        alone.types = {*row.type};
        ordered_json plugin = plugin_json(alone);
        ordered_json type = plugin["types"][0];
        plugin.erase("types");
        type["plugin"] = std::move(plugin);
        types.push_back(std::move(type));
    }
    print_json({{"schema", "regent.plugin-show.1"}, {"types", std::move(types)}}, streams.out);
    return ExitCode::ok;
}

}  // namespace regent::ctl
