// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/commands.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <ostream>
#include <sstream>

#include "agent/config/suggest.hpp"
#include "agent/ctl/arguments.hpp"
#include "agent/ctl/help.hpp"
#include "agent/ctl/pager.hpp"
#include "agent/ctl/version_command.hpp"

namespace regent::ctl {

namespace {

using Line = std::vector<std::string>;

Line split(std::string_view words) {
    Line parts;
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        parts.emplace_back(words.substr(0, end));
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return parts;
}

/// In any command, for they agree about it.
bool takes_value(std::string_view word) {
    const auto is_it = [&](const Option& option) {
        return !option.value.empty() && (word == fmt::format("--{}", option.name) ||
                                         (option.letter != 0 && word == fmt::format("-{}", option.letter)));
    };
    return std::any_of(common_options().begin(), common_options().end(), is_it) ||
           std::any_of(commands().begin(), commands().end(), [&](const Command& command) {
               return std::any_of(command.options.begin(), command.options.end(), is_it);
           });
}

bool asks_for_help(const Line& line) {
    const auto end = std::find(line.begin(), line.end(), "--");
    return std::any_of(line.begin(), end,
                       [](const std::string& word) { return word == "--help" || word == "-h"; });
}

/// What may stand before a command, and what follows.
struct Split {
    Line options, rest;
};

Split split_at_command(const Line& line) {
    std::size_t at = 0;
    while (at < line.size() && line[at].starts_with('-'))
        at += takes_value(line[at]) ? 2U : 1U;
    const auto middle = line.begin() + static_cast<std::ptrdiff_t>(std::min(at, line.size()));
    return {{line.begin(), middle}, {middle, line.end()}};
}

/// None: there is no such command.
const Command* find_command(const Line& line) {
    if (line.empty()) return &commands().front();
    for (const Command& command : commands()) {
        const auto words = split(command.words);
        if (line.size() >= words.size() && std::equal(words.begin(), words.end(), line.begin()))
            return &command;
    }
    return nullptr;
}

/// The first word of commands of two.
bool is_group(const std::string& word) {
    return std::any_of(commands().begin(), commands().end(),
                       [&](const Command& command) { return command.words.starts_with(word + " "); });
}

[[noreturn]] void complain(const Line& line) {
    const bool group = is_group(line.front());
    if (group && line.size() == 1) throw UsageError{fmt::format("{}: a command is missing", line.front())};
    const std::string given = group ? line[0] + " " + line[1] : line.front();
    std::vector<std::string> names;
    for (const Command& command : commands())
        names.emplace_back(command.words);
    const auto meant = config::nearest(given, names);
    throw UsageError{fmt::format("unknown command '{}'{}", given,
                                 meant ? fmt::format(", did you mean '{}'?", *meant) : std::string())};
}

/// Prints what `write` writes to a stream, on a terminal through a pager where it is too long.
template <class Write>
ExitCode paged(const Console& console, bool wanted, const Write& write) {
    if (!wanted || !console.out_is_terminal) return write(console.out);
    std::ostringstream text;
    try {
        const ExitCode code = write(text);
        if (!page(text.str())) console.out << text.str();
        return code;
    } catch (...) {
        console.out << text.str();
        throw;
    }
}

ExitCode run_command(const Command& command, const Arguments& given, const Console& console) {
    const std::string when = given.value("color").value_or("auto");
    const auto coloured = [&](bool terminal) {
        return when == "always" || (when == "auto" && terminal && !console.colourless);
    };
    return paged(console, !command.live && !given.is("no-pager"), [&](std::ostream& out) {
        return command.run(given, {out, console.err, coloured(console.err_is_terminal),
                                   coloured(console.out_is_terminal), console.out_is_terminal});
    });
}

ExitCode dispatch(const Line& line, const Console& console) {
    const auto print = [&](const std::string& text) {
        const bool pager = std::find(line.begin(), line.end(), "--no-pager") == line.end();
        return paged(console, pager, [&](std::ostream& out) {
            out << text;
            return ExitCode::ok;
        });
    };
    if (line == Line{"--version"}) return print(version_line());
    auto [options, rest] = split_at_command(line);
    const Command* command = find_command(rest);
    if (asks_for_help(line)) {
        if (rest.empty()) return print(help_of_all());
        if (command != nullptr) return print(help_of(*command));
        if (is_group(rest.front())) return print(help_of_all(rest.front()));
    }
    if (command == nullptr) complain(rest);
    const auto words = rest.empty() ? std::size_t{0} : split(command->words).size();
    // Before the operands: behind "--" they would be operands themselves.
    options.insert(options.end(), rest.begin() + static_cast<std::ptrdiff_t>(words), rest.end());
    try {
        return run_command(*command, parse_arguments(options, *command), console);
    } catch (const UsageError& error) {
        throw UsageError{fmt::format("{}: {}", command->words, error.text), command->words};
    }
}

}  // namespace

ExitCode run(const Line& arguments, const Console& console) {
    try {
        const ExitCode code = dispatch(arguments, console);
        console.out.flush();
        if (console.out) return code;
        console.err << "regentctl: cannot write the output\n";
    } catch (const UsageError& error) {
        console.err << fmt::format("regentctl: {} (see regentctl {}{}--help)\n", error.text, error.command,
                                   error.command.empty() ? "" : " ");
        return ExitCode::usage;
    } catch (const std::exception& error) {
        console.err << "regentctl: " << error.what() << '\n';
    }
    return ExitCode::failure;
}

}  // namespace regent::ctl
