// SPDX-License-Identifier: Apache-2.0
// The parameters that each type declares.
#include <fmt/core.h>
#include <set>

#include "agent/config/config.hpp"
#include "agent/config/keys.hpp"

#include "sdk/plugin-check/raw.hpp"
#include "sdk/plugin-check/tests.hpp"
#include "sdk/plugin-check/trial.hpp"

namespace regent::plugin_check::tests {

void schema_names(Trial& trial) {
    each_type(trial.plugin(), [](const regent_type& type, const std::string& what) {
        const auto section =
            type.kind == REGENT_KIND_CHECK ? config::Section::check : config::Section::notifier;
        std::set<std::string> names;
        each_param(type, what, [&](const regent_param& param, const std::string& name) {
            demand_line(param.name, 64, "the name of " + name);
            demand_word(text_of(param.name), '_', "the name of " + name);
            if (config::find_key(section, text_of(param.name)) != nullptr)
                throw Failed{fmt::format("{} has the name of a key that every type has", name)};
            if (!names.insert(text_of(param.name)).second)
                throw Failed{fmt::format("{} is declared twice", name)};
        });
    });
}

void schema_summaries(Trial& trial) {
    each_type(trial.plugin(), [](const regent_type& type, const std::string& what) {
        demand_line(type.summary, 1024, "the summary of " + what);
        each_param(type, what, [](const regent_param& param, const std::string& name) {
            demand_line(param.summary, 1024, "the summary of " + name);
            if (text_of(param.summary).ends_with('.'))
                throw Failed{fmt::format("the summary of {} ends with a full stop", name)};
        });
        if (text_of(type.summary).ends_with('.'))
            throw Failed{fmt::format("the summary of {} ends with a full stop", what)};
    });
}

void schema_types(Trial& trial) {
    each_type(trial.plugin(), [](const regent_type& type, const std::string& what) {
        each_param(type, what, [](const regent_param& param, const std::string& name) {
            if (param.type < REGENT_PARAM_BOOL || param.type > REGENT_PARAM_CHOICE)
                throw Failed{fmt::format("{} is of type {}, which does not exist", name, param.type)};
            if (param.min > param.max) throw Failed{fmt::format("{} has a minimum above its maximum", name)};
            const bool is_list = (param.flags & REGENT_PARAM_LIST) != 0;
            if (is_list && param.min < 0) throw Failed{fmt::format("{} is of less than no entries", name)};
            if ((param.flags & REGENT_PARAM_REQUIRED) != 0 && param.default_toml.len > 0)
                throw Failed{fmt::format("{} is required, and has a default", name)};
        });
    });
}

void schema_choices(Trial& trial) {
    each_type(trial.plugin(), [](const regent_type& type, const std::string& what) {
        each_param(type, what, [](const regent_param& param, const std::string& name) {
            const bool is_choice = param.type == REGENT_PARAM_CHOICE;
            if (is_choice != (param.choice_count > 0))
                throw Failed{name +
                             (is_choice ? " is a choice of nothing" : " has choices, and is no choice")};
            if (param.choice_count > 64) throw Failed{fmt::format("{} has more than 64 choices", name)};
            if (is_choice && param.choices == nullptr)
                throw Failed{fmt::format("the choices of {} are missing", name)};
            std::set<std::string> words;
            for (std::uint32_t at = 0; at < param.choice_count; ++at) {
                demand_line(param.choices[at], 64, fmt::format("choice {} of {}", at + 1, name));
                if (!words.insert(text_of(param.choices[at])).second)
                    throw Failed{
                        fmt::format("{} has the choice \"{}\" twice", name, text_of(param.choices[at]))};
            }
        });
    });
}

void schema_defaults(Trial& trial) {
    for (const auto& type : trial.contract().description.types) {
        const std::string flaw = config::schema_flaw(type);
        if (!flaw.empty()) throw Failed{fmt::format("type {}: {}", type.name, flaw)};
    }
}

}  // namespace regent::plugin_check::tests
