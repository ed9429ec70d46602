// SPDX-License-Identifier: Apache-2.0
// Values: whatever the schema allows ends in an instance or in a sentence.
#include <array>
#include <fmt/core.h>

#include "sdk/plugin-check/raw.hpp"
#include "sdk/plugin-check/surroundings.hpp"
#include "sdk/plugin-check/tests.hpp"
#include "sdk/plugin-check/trial.hpp"
#include "sdk/plugin-check/values.hpp"
#include "sdk/plugin-check/witness.hpp"

namespace regent::plugin_check::tests {
namespace {

constexpr int random_sets = 200;

/// An operation's refusal.
struct Refusal {
    std::uint32_t param = REGENT_NO_PARAM;
    std::string text{};
    std::string wrong{};  ///< with the parameter that it blames

    bool operator==(const Refusal&) const = default;
};

/// Hands values to validate, if there is one. What it writes is read as the real host reads it.
std::optional<Refusal> validate(const regent_type& type, const sdk::testing::detail::ValueMaker& maker) {
    const auto ops = sdk::testing::Operations::of(type);
    if (ops.validate == nullptr) return std::nullopt;
    std::array<char, 256> text{};
    regent_error error{sizeof error, REGENT_NO_PARAM, text.data(), text.size(), 0};
    const auto& values = maker.values();
    if (ops.validate(values.data(), values.size(), &error) == 0) return std::nullopt;
    return Refusal{error.param_index, std::string(text.data(), std::min(error.len, text.size()))};
}

/// Makes an instance, and ends it. The refusal of create.
std::optional<Refusal> create(const regent_type& type, const sdk::testing::Settings& settings) {
    sdk::testing::FakeHost host;
    std::optional<Refusal> refusal;
    try {
        const auto instance = host.create(type, settings);
    } catch (const sdk::testing::Refused& refused) {
        refusal = Refusal{REGENT_NO_PARAM, refused.what()};
    }
    for (const auto& violation : host.breaches()) {
        // Judged by config.errors.
        if (violation.rule == sdk::testing::Rule::blame && refusal) refusal->wrong = violation.text;
    }
    return refusal;
}

/// `work` with the accepted settings of a type, and each parameter in turn at each of its edges, or left out.
template <class Work>
void at_edges(const Subject& subject, const Work& work) {
    for (std::uint32_t at = 0; at < subject.type->param_count; ++at) {
        const regent_param& param = *subject.type->params[at];
        const std::string name = text_of(param.name);
        for (const Given& value : edges(param))
            work(with(subject.settings, name, value));
        if ((param.flags & REGENT_PARAM_REQUIRED) == 0) work(without(subject.settings, name));
    }
}

/// `work` with random settings.
template <class Work>
void at_random(Trial& trial, const Subject& subject, const Work& work) {
    for (int count = 0; count < random_sets; ++count)
        work(random_settings(*subject.type, trial.random()));
}

void demand_sentence(const Refusal& refusal) {
    if (!refusal.wrong.empty()) throw Failed{refusal.wrong};
    if (refusal.text.empty()) throw Failed{"it refuses values without a word"};
    if (!sdk::testing::detail::is_utf8(refusal.text))
        throw Failed{"it refuses values with a sentence that is not UTF-8"};
}

}  // namespace

void config_accepts(Trial& trial) {
    trial.subjects();
}

void config_extremes(Trial& trial) {
    trial.each([](const Subject& subject) {
        at_edges(subject, [&](const Settings& settings) { create(*subject.type, settings); });
    });
}

void config_random(Trial& trial) {
    trial.each([&](const Subject& subject) {
        int refused = 0;
        at_random(trial, subject, [&](const Settings& settings) {
            if (create(*subject.type, settings)) ++refused;
        });
        if (refused == random_sets && subject.type->param_count > 0)
            trial.note(fmt::format("{}: it refused all of {} random sets of values", subject.label, refused));
    });
}

void config_errors(Trial& trial) {
    trial.each([&](const Subject& subject) {
        const auto judge = [&](const Settings& settings) {
            const sdk::testing::detail::ValueMaker maker(*subject.type, settings);
            if (const auto refusal = validate(*subject.type, maker)) {
                demand_sentence(*refusal);
                if (refusal->param != REGENT_NO_PARAM && refusal->param >= subject.type->param_count)
                    throw Failed{fmt::format("validate blames parameter {} of {}", refusal->param + 1,
                                             subject.type->param_count)};
                return;
            }
            if (const auto refusal = create(*subject.type, settings)) demand_sentence(*refusal);
        };
        at_edges(subject, judge);
        at_random(trial, subject, judge);
    });
}

void config_validate(Trial& trial) {
    trial.each([&](const Subject& subject) {
        const auto judge = [&](const Settings& settings) {
            const sdk::testing::detail::ValueMaker maker(*subject.type, settings);
            const auto first = validate(*subject.type, maker);
            if (first != validate(*subject.type, maker))
                throw Failed{"validate gives two answers for the same values"};
        };
        const auto descriptors = open_descriptors();
        const auto count = threads();
        const auto state = process_state();
        at_edges(subject, judge);
        at_random(trial, subject, judge);
        if (open_descriptors().size() != descriptors.size())
            throw Failed{"validate leaves a descriptor open: it may touch nothing"};
        if (threads() > count) throw Failed{"validate leaves a thread: it may touch nothing"};
        if (process_state() != state) throw Failed{"validate changes the process: it may touch nothing"};
    });
}

}  // namespace regent::plugin_check::tests
