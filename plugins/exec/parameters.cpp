// SPDX-License-Identifier: Apache-2.0
#include "parameters.hpp"

#include <algorithm>

namespace regent::plugins::exec {

namespace {

bool is_variable_name(std::string_view name) {
    const auto fits = [](char letter) {
        return letter == '_' || (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
               (letter >= 'A' && letter <= 'Z');
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           std::all_of(name.begin(), name.end(), fits);
}

void refuse_zero_bytes(const sdk::Values& values, std::string_view param,
                       const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
        if (text.find('\0') != std::string::npos)
            throw sdk::Blame(values, param, "holds a zero byte, which no program can be given");
    }
}

}  // namespace

void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value) {
    std::erase_if(environment, [&](const std::string& set) { return set.starts_with(name + "="); });
    environment.push_back(name + "=" + value);
}

Program program_of(const sdk::Values& values) {
    Program program{values.texts("command"),
                    {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C"},
                    {}};
    if (program.arguments.empty() || !program.arguments.front().starts_with('/'))
        throw sdk::Blame(values, "command", "must begin with the absolute path of a program");
    refuse_zero_bytes(values, "command", program.arguments);
    const auto given = values.texts("environment");
    refuse_zero_bytes(values, "environment", given);
    for (const std::string& variable : given) {
        const auto equals = variable.find('=');
        const std::string name = variable.substr(0, equals);
        if (equals == std::string::npos || !is_variable_name(name))
            throw sdk::Blame(values, "environment", "\"" + variable + "\" is not of the form \"NAME=value\"");
        set_variable(program.environment, name, variable.substr(equals + 1));
    }
    return program;
}

}  // namespace regent::plugins::exec
