// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/arguments.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <fmt/format.h>

#include "agent/config/duration_text.hpp"
#include "agent/ctl/commands.hpp"

namespace regent::ctl {

namespace po = boost::program_options;

namespace {

template <class Work>
void each_option(const Command& command, const Work& work) {
    for (const Option& option : command.options)
        work(option);
    for (const Option& option : common_options())
        work(option);
}

po::variables_map parse(const std::vector<std::string>& words, const Command& command) {
    po::options_description options;
    options.add_options()("operand", po::value<std::vector<std::string>>());
    each_option(command, [&](const Option& option) {
        std::string names(option.name);
        if (option.letter != 0) names += {',', option.letter};
        if (option.value.empty()) {
            options.add_options()(names.c_str(), po::bool_switch());
        } else {
            options.add_options()(names.c_str(), po::value<std::string>());
        }
    });
    po::positional_options_description positional;
    positional.add("operand", -1);
    // Abbreviated options would break scripts as soon as a second option starts alike.
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    try {
        po::variables_map values;
        po::store(po::command_line_parser(words).options(options).positional(positional).style(style).run(),
                  values);
        return values;
    } catch (const po::error& error) {
        throw UsageError{error.what()};
    }
}

void demand_one_of(const std::string& text, const Words& words, const std::string& where = {}) {
    if (std::find(words.begin(), words.end(), text) == words.end())
        throw UsageError{fmt::format("{}'{}' is none of {}", where, text, fmt::join(words, ", "))};
}

void check_operands(const std::vector<std::string>& given, const Command& command) {
    std::size_t at = 0;
    for (const Operand& operand : command.operands) {
        const std::size_t here = std::min(given.size() - at, operand.most);
        if (here < operand.least)
            throw UsageError{
                fmt::format("{} is missing", operand.words.empty()
                                                 ? std::string(operand.name)
                                                 : fmt::format("{}", fmt::join(operand.words, " or ")))};
        for (const std::size_t end = at + here; at < end; ++at)
            if (operand.from == From::words) demand_one_of(given[at], operand.words);
    }
    if (at < given.size()) throw UsageError{fmt::format("unexpected '{}'", given[at])};
}

void check_options(const Arguments& given, const Command& command) {
    each_option(command, [&](const Option& option) {
        if (!option.value.empty() && option.from == From::words && given.value(option.name))
            demand_one_of(*given.value(option.name), option.words, fmt::format("--{}: ", option.name));
        if (option.required && !given.value(option.name))
            throw UsageError{fmt::format("--{} {} is missing", option.name, option.value)};
        const bool there =
            option.value.empty() ? given.is(option.name) : given.value(option.name).has_value();
        if (there && !option.needs.empty() && !given.value(option.needs))
            throw UsageError{fmt::format("--{} needs --{}", option.name, option.needs)};
    });
}

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& words, const Command& command) {
    const po::variables_map values = parse(words, command);
    Arguments arguments;
    if (values.contains("operand")) arguments.operands = values["operand"].as<std::vector<std::string>>();
    each_option(command, [&](const Option& option) {
        const std::string name(option.name);
        if (option.value.empty()) {
            arguments.switches_[name] = values[name].as<bool>();
        } else {
            auto& value = arguments.values_[name];
            if (values.contains(name)) value = values[name].as<std::string>();
        }
    });
    check_operands(arguments.operands, command);
    check_options(arguments, command);
    return arguments;
}

std::optional<Duration> duration_value(const Arguments& given, std::string_view name) {
    const auto& text = given.value(name);
    if (!text) return std::nullopt;
    const auto duration = config::parse_duration(*text);
    if (!duration) throw UsageError{fmt::format("--{}: '{}' {}", name, *text, duration.error().text)};
    return *duration;
}

}  // namespace regent::ctl
