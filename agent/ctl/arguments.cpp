// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/arguments.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include "agent/ctl/commands.hpp"

namespace regent::ctl {

namespace po = boost::program_options;

namespace {

po::variables_map parse(const std::vector<std::string>& words, const Grammar& grammar) {
    po::options_description options;
    options.add_options()("operand", po::value<std::vector<std::string>>())  //
        ("plugin-dir", po::value<std::string>())                             //
        ("plugin-host", po::value<std::string>());
    for (const std::string& name : grammar.switches)
        options.add_options()(name.c_str(), po::bool_switch());
    for (const std::string& name : grammar.options)
        options.add_options()(name.c_str(), po::value<std::string>());
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
        throw UsageError{fmt::format("{}: {}", grammar.command, error.what())};
    }
}

std::optional<std::string> text_of(const po::variables_map& values, const char* name) {
    if (!values.contains(name)) return std::nullopt;
    return values[name].as<std::string>();
}

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& words, const Grammar& grammar) {
    const po::variables_map values = parse(words, grammar);
    Arguments arguments;
    if (values.contains("operand")) arguments.operands = values["operand"].as<std::vector<std::string>>();
    for (const std::string& name : grammar.switches)
        arguments.switches[name] = values[name].as<bool>();
    for (const std::string& name : grammar.options) {
        if (const auto text = text_of(values, name.c_str())) arguments.values[name] = *text;
    }
    arguments.plugin_dir = text_of(values, "plugin-dir");
    arguments.plugin_host = text_of(values, "plugin-host");
    const std::size_t given = arguments.operands.size();
    const std::string& operand = grammar.operand;
    if (operand.empty() && given > 0)
        throw UsageError{fmt::format("{}: unexpected '{}'", grammar.command, arguments.operands.front())};
    if (operand.empty()) return arguments;
    if (given < grammar.least) throw UsageError{fmt::format("{}: a {} is missing", grammar.command, operand)};
    if (given > grammar.most && grammar.most == 1)
        throw UsageError{fmt::format("{}: only one {} is taken", grammar.command, operand)};
    if (given > grammar.most)
        throw UsageError{
            fmt::format("{}: unexpected '{}'", grammar.command, arguments.operands[grammar.most])};
    return arguments;
}

Arguments parse_arguments(const std::vector<std::string>& words, const std::string& command,
                          const std::vector<std::string>& switches, const std::string& operand) {
    return parse_arguments(words, Grammar{command, switches, {}, operand});
}

}  // namespace regent::ctl
