// SPDX-License-Identifier: Apache-2.0
#include "agent/config/offers.hpp"

#include <fmt/format.h>

#include "agent/config/config.hpp"
#include "agent/config/read_value.hpp"
#include "agent/config/source_text.hpp"
#include "agent/config/suggest.hpp"

namespace regent::config {

namespace {

constexpr std::size_t problems_in_hint = 3;

std::string_view word(PluginKind kind) {
    return kind == PluginKind::check ? "check" : "notifier";
}

PluginKind other(PluginKind kind) {
    return kind == PluginKind::check ? PluginKind::notifier : PluginKind::check;
}

Result<std::vector<Value>> defaults_of(const PluginType& type) {
    std::vector<Value> defaults;
    for (const Parameter& parameter : type.parameters) {
        auto value = default_value(parameter);
        if (!value) return tl::unexpected(value.error());
        defaults.push_back(std::move(*value));
    }
    return defaults;
}

}  // namespace

std::string schema_flaw(const PluginType& type) {
    const auto defaults = defaults_of(type);
    return defaults ? "" : defaults.error().text;
}

std::pair<const UsableType*, const NoType*> Offers::find(PluginKind kind, const std::string& name) {
    const auto key = std::pair(kind, name);
    auto found = known_.find(key);
    if (found == known_.end()) found = known_.emplace(key, look_up(kind, name)).first;
    const Entry& entry = found->second;
    if (entry.usable) return {&*entry.usable, nullptr};
    return {nullptr, &entry.reason};
}

Offers::Entry Offers::look_up(PluginKind kind, const std::string& name) const {
    std::vector<Offer> offers;
    for (const Plugin& plugin : installed_.plugins) {
        for (const PluginType& type : plugin.types) {
            if (type.kind == kind && type.name == name) offers.push_back({&plugin, &type});
        }
    }
    if (offers.empty()) return {std::nullopt, not_found(kind, name)};
    const std::string file = in_path_quotes(offers.front().plugin->file.string());
    if (offers.size() > 1) {
        return {std::nullopt,
                {"duplicate",
                 fmt::format("{} type {} is offered by two plugins: {} and {}", word(kind), in_quotes(name),
                             file, in_path_quotes(offers[1].plugin->file.string())),
                 "remove one of the two"}};
    }
    auto defaults = defaults_of(*offers.front().type);
    if (!defaults) {
        return {std::nullopt,
                {"plugin",
                 fmt::format("{} type {} of plugin {} cannot be used: {}", word(kind), in_quotes(name), file,
                             defaults.error().text),
                 "this is a mistake in the plugin"}};
    }
    return {UsableType{offers.front(), std::move(*defaults)}, {}};
}

NoType Offers::not_found(PluginKind kind, const std::string& name) const {
    NoType reason{
        "dangling", fmt::format("no installed plugin offers {} type {}", word(kind), in_quotes(name)), {}};
    if (find_type(installed_.plugins, other(kind), name)) {
        reason.hint = fmt::format("it is a {} type: write [{}.NAME]", word(other(kind)), word(other(kind)));
        return reason;
    }
    std::vector<std::string> names;
    for (const Plugin& plugin : installed_.plugins) {
        for (const PluginType& type : plugin.types) {
            if (type.kind == kind) names.push_back(type.name);
        }
    }
    const auto near = nearest(name, names);
    if (!near && !installed_.problems.empty()) {
        std::vector<std::string> files;
        for (const PluginProblem& problem : installed_.problems) {
            if (files.size() < problems_in_hint) files.push_back(in_path_quotes(problem.file.string()));
        }
        reason.hint = fmt::format("{} cannot be used, see the warning{}{}", fmt::join(files, ", "),
                                  installed_.problems.size() == 1 ? "" : "s",
                                  installed_.problems.size() > files.size() ? " (and more)" : "");
    } else if (names.empty()) {
        reason.hint = fmt::format("no plugin with a {} type is installed", word(kind));
    } else {
        reason.hint = suggestion(name, names, "the installed types are");
    }
    return reason;
}

std::vector<std::string> Offers::secret_names() const {
    std::vector<std::string> names;
    for (const Plugin& plugin : installed_.plugins) {
        for (const PluginType& type : plugin.types) {
            for (const Parameter& parameter : type.parameters) {
                if (parameter.secret) names.push_back(parameter.name);
            }
        }
    }
    return names;
}

}  // namespace regent::config
