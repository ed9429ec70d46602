// SPDX-License-Identifier: Apache-2.0
// What the plugins themselves say about values that their schemas allow.
#include <fmt/format.h>

#include "agent/config/parameter_text.hpp"
#include "agent/config/rules.hpp"
#include "agent/config/source_text.hpp"

namespace regent::config {

namespace {

/// A check or a notifier whose values a plugin is to judge.
struct Asked {
    const UseDraft* draft;
    const TablePlaces* places;
    std::string section;
    std::string name;
};

void report_objection(const Asked& asked, const Objection& objection, Report& report) {
    const auto& parameters = asked.draft->offer.type->parameters;
    std::string key = fmt::format("{}.{}", asked.section, path_part(asked.name));
    std::string message = fmt::format("{} {}: ", asked.section, in_quotes(asked.name));
    std::string hint =
        fmt::format("regentctl plugin show {} prints what it takes", asked.draft->offer.type->name);
    Place place = asked.places->header;
    if (objection.parameter && *objection.parameter < parameters.size()) {
        const std::string& name = parameters[*objection.parameter].name;
        place = asked.places->of(name);
        key += "." + name;
        message += name + ": ";
        hint = meaning_of(parameters[*objection.parameter]);
    }
    report.error(place, "bad_value", key, message + printable(objection.text), hint);
}

}  // namespace

void judge_plugins(const Draft& draft, const Capabilities& capabilities, Report& report) {
    std::vector<Asked> asked;
    for (const CheckDraft& check : draft.checks) {
        if (check.use.good) asked.push_back({&check.use, &check.places, "check", check.settings.name});
    }
    for (const NotifierDraft& notifier : draft.notifiers) {
        if (notifier.use.good)
            asked.push_back({&notifier.use, &notifier.places, "notifier", notifier.plan.name});
    }
    if (asked.empty() || !capabilities.validate) return;
    std::vector<Candidate> candidates;
    for (const Asked& each : asked) {
        candidates.push_back({each.draft->offer.plugin, each.draft->offer.type, &each.draft->use.values});
    }
    const Verdicts verdicts = capabilities.validate(candidates);
    for (std::size_t i = 0; i < std::min(asked.size(), verdicts.objections.size()); ++i) {
        if (verdicts.objections[i]) report_objection(asked[i], *verdicts.objections[i], report);
    }
    for (const PluginProblem& problem : verdicts.problems) {
        report.warning({}, "plugin", "",
                       fmt::format("plugin {} did not judge its values: {}",
                                   in_path_quotes(problem.file.string()), printable(problem.text)));
    }
}

}  // namespace regent::config
