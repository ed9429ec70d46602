// SPDX-License-Identifier: Apache-2.0
// The part of a check or a notifier that its plugin says how to read.
#include <algorithm>
#include <fmt/format.h>

#include "agent/config/parameter_text.hpp"
#include "agent/config/read.hpp"
#include "agent/config/read_value.hpp"
#include "agent/config/suggest.hpp"

namespace regent::config {

namespace {

std::vector<std::string> names_of(const PluginType& type) {
    std::vector<std::string> names;
    for (const Parameter& parameter : type.parameters)
        names.push_back(parameter.name);
    return names;
}

PluginUse use_of(const Offer& offer) {
    PluginUse use;
    use.type = offer.type->name;
    use.plugin = offer.plugin->file;
    use.build = offer.plugin->build;
    const auto& types = offer.plugin->types;
    use.needs_net_raw =
        std::any_of(types.begin(), types.end(), [](auto& each) { return each.needs_net_raw; });
    use.needs_setuid = std::any_of(types.begin(), types.end(), [](auto& each) { return each.needs_setuid; });
    return use;
}

/// A misspelt key is told with its line, which a secret may be in.
void hide_misspelt_secrets(const toml::table& table, const PluginType& type, Report& report) {
    const std::vector<std::string> names = names_of(type);
    for (const auto& [key, node] : table) {
        const auto meant = nearest(key.str(), names);
        if (!meant || *meant == key.str()) continue;
        const auto parameter = std::find(names.begin(), names.end(), *meant) - names.begin();
        if (!type.parameters[static_cast<std::size_t>(parameter)].secret) continue;
        report.hide(key.source().begin.line, node.source().end.line);
    }
}

/// Whether the parameter is given and good, or may be left out.
bool read_parameter(const TableReader& reader, const Parameter& parameter, Value& value) {
    const toml::node* node = reader.contents().get(parameter.name);
    if (node == nullptr) {
        if (!parameter.required) return true;
        reader.error(reader.place(), "missing", parameter.name, fmt::format("{} is missing", parameter.name),
                     fmt::format("for example: {} = {}", parameter.name, example_of(parameter)));
        return false;
    }
    // The value's first line has the key, by whose name it is masked.
    if (parameter.secret) reader.report().hide(node->source().begin.line + 1, node->source().end.line);
    if (parameter.deprecated) {
        reader.report().warning(reader.key_place(parameter.name), "deprecated",
                                fmt::format("{}.{}", reader.path(), path_part(parameter.name)),
                                fmt::format("{}: {} is deprecated", reader.subject(), parameter.name),
                                parameter.summary);
    }
    std::vector<ValueProblem> problems;
    value = read_value(parameter, *node, problems);
    for (const ValueProblem& problem : problems) {
        const std::string hint = problem.hint.empty() ? meaning_of(parameter) : problem.hint;
        reader.error(place_of(*problem.node), problem.code, parameter.name, problem.message, hint);
    }
    return problems.empty();
}

}  // namespace

UseDraft read_use(const TableReader& reader, PluginKind kind, Offers& offers) {
    UseDraft draft;
    const auto type = reader.text("type");
    if (!type) {
        if (!reader.has("type")) reader.check_keys();
        return draft;
    }
    const auto [usable, reason] = offers.find(kind, *type);
    if (usable == nullptr) {
        reader.error(reader.place("type"), reason->code, "type", reason->message, reason->hint);
        return draft;
    }
    draft.offer = usable->offer;
    draft.use = use_of(usable->offer);
    draft.use.values = usable->defaults;
    hide_misspelt_secrets(reader.contents(), *draft.offer.type, reader.report());
    reader.check_keys(names_of(*draft.offer.type));
    draft.good = true;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < draft.use.values.size(); ++i) {
        Value& value = draft.use.values[i];
        draft.good = read_parameter(reader, draft.offer.type->parameters[i], value) && draft.good;
        bytes += weight(value);
    }
    if (draft.good && bytes > maximum_values) {
        reader.error(reader.place(), "out_of_range", "",
                     fmt::format("its values are larger than {} bytes together", maximum_values));
        draft.good = false;
    }
    return draft;
}

}  // namespace regent::config
