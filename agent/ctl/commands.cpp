// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/commands.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <ostream>

#include "agent/ctl/agent_commands.hpp"
#include "agent/ctl/arguments.hpp"
#include "agent/ctl/config_commands.hpp"
#include "agent/ctl/convert_command.hpp"
#include "agent/ctl/plugin_commands.hpp"
#include "agent/ctl/watch_command.hpp"

namespace regent::ctl {

namespace {

constexpr std::array table{
    Command{"status", "[NAME…] [--json]", "what is wrong, who is what, and why", status},
    Command{"list", "[instances|groups|checks|notifiers|plugins] [--json]", "names and states", list},
    Command{"show", "NAME [--json]", "everything about an instance, group, check, notifier or plugin", show},
    Command{"watch", "[NAME…] [--json] [--until state=STATE] [--timeout DURATION]",
            "a line for each change, as it happens", watch},
    Command{"handover", "NAME [--reason TEXT]", "give the role to the other machine, and keep it there",
            handover},
    Command{"release", "NAME", "let it come back after a handover", release},
    Command{"maintenance", "on|off [--reason TEXT]", "take this machine out of service, or back",
            maintenance},
    Command{"reload", "[--json]", "have the agent read its configuration again", reload},
    Command{"metrics", "", "everything that is counted, for Prometheus", metrics},
    Command{"config check", "FILE [--json]", "say everything that is wrong with a configuration file",
            config_check},
    Command{"config dump", "FILE [--show-secrets]", "print the effective configuration with every default",
            config_dump},
    Command{"config convert", "FILE [--output FILE [--force]] [--config-id ID] [--json]",
            "make a configuration file of a keepalived.conf", config_convert},
    Command{"plugin list", "[--json]", "print the types of checks and notifiers that plugins offer",
            plugin_list},
    Command{"plugin show", "TYPE [--json]", "print what a type of check or notifier takes", plugin_show},
};

std::vector<std::string> split(std::string_view words) {
    std::vector<std::string> parts;
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        parts.emplace_back(words.substr(0, end));
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return parts;
}

void print_help(std::ostream& out) {
    std::size_t width = 0;
    for (const Command& command : table)
        width = std::max(width, command.words.size() + command.synopsis.size() + 1);
    out << "Usage: regentctl COMMAND …\n\nCommands:\n";
    for (const Command& command : table) {
        out << fmt::format("  {:{}}  {}\n", fmt::format("{} {}", command.words, command.synopsis), width,
                           command.summary);
    }
    out << "\nOptions of every command, also before it:\n"
           "  --plugin-dir DIR       look for plugins there alone\n"
           "  --plugin-host PROGRAM  the program that loads them\n"
           "\nOptions:\n  --help      print this text\n  --version   print the version\n\n"
           "Without a command: status.\n"
           "Exit status: 0 ok, 1 failure, 2 usage, 3 something is wrong (status), 4 no such object, 5 not "
           "allowed,\n"
           "6 the agent does not answer, 7 the configuration has errors or would lose something, 8 too "
           "late.\n";
}

/// Throws UsageError when there is none.
const Command& find_command(const std::vector<std::string>& arguments) {
    for (const Command& command : table) {
        const auto words = split(command.words);
        if (arguments.size() >= words.size() && std::equal(words.begin(), words.end(), arguments.begin())) {
            return command;
        }
    }
    const bool option = arguments.front().starts_with('-');
    const bool group = std::any_of(table.begin(), table.end(), [&](const Command& command) {
        return split(command.words).front() == arguments.front();
    });
    if (group && arguments.size() == 1)
        throw UsageError{fmt::format("{}: a command is missing", arguments.front())};
    throw UsageError{fmt::format("unknown {} '{}'", option ? "option" : "command",
                                 group ? arguments[0] + " " + arguments[1] : arguments.front())};
}

/// Moves the options that may stand before a command behind it.
std::vector<std::string> command_first(const std::vector<std::string>& arguments) {
    std::vector<std::string> moved;
    std::size_t at = 0;
    for (; at < arguments.size(); ++at) {
        const std::string& word = arguments[at];
        const std::string_view name = std::string_view(word).substr(0, word.find('='));
        if (name != plugin_dir_option && name != plugin_host_option) break;
        moved.push_back(word);
        if (name.size() == word.size() && at + 1 < arguments.size()) moved.push_back(arguments[++at]);
    }
    std::vector<std::string> ordered(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
    ordered.insert(ordered.end(), moved.begin(), moved.end());
    return ordered;
}

ExitCode dispatch(const std::vector<std::string>& given, const Streams& streams) {
    const std::vector<std::string> arguments = command_first(given);
    if (arguments.size() == 1 && (arguments.front() == "--help" || arguments.front() == "-h")) {
        print_help(streams.out);
        return ExitCode::ok;
    }
    if (arguments.size() == 1 && arguments.front() == "--version") {
        streams.out << "regentctl " REGENT_VERSION "\n";
        return ExitCode::ok;
    }
    if (arguments.empty()) return status({}, streams);
    const Command& command = find_command(arguments);
    const auto words = static_cast<std::ptrdiff_t>(split(command.words).size());
    return command.run({arguments.begin() + words, arguments.end()}, streams);
}

}  // namespace

std::span<const Command> commands() {
    return table;
}

ExitCode run(const std::vector<std::string>& arguments, const Streams& streams) {
    try {
        const ExitCode code = dispatch(arguments, streams);
        streams.out.flush();
        if (streams.out) return code;
        streams.err << "regentctl: cannot write the output\n";
    } catch (const UsageError& error) {
        streams.err << "regentctl: " << error.text << " (see regentctl --help)\n";
        return ExitCode::usage;
    } catch (const std::exception& error) {
        streams.err << "regentctl: " << error.what() << '\n';
    }
    return ExitCode::failure;
}

}  // namespace regent::ctl
