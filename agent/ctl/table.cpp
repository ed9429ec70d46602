// SPDX-License-Identifier: Apache-2.0
// Every command of regentctl. What is in here can be called; help, completion and the synopsis of the man
// page are made of it.
#include <algorithm>

#include "agent/ctl/agent_commands.hpp"
#include "agent/ctl/commands.hpp"
#include "agent/ctl/completion.hpp"
#include "agent/ctl/config_commands.hpp"
#include "agent/ctl/convert_command.hpp"
#include "agent/ctl/operator_commands.hpp"
#include "agent/ctl/plugin_commands.hpp"
#include "agent/ctl/replay_command.hpp"
#include "agent/ctl/version_command.hpp"
#include "agent/ctl/watch_command.hpp"

namespace regent::ctl {

namespace {

constexpr Option json{.name = "json", .help = "one JSON document, with a schema", .letter = 'j'};
constexpr Option reason{
    .name = "reason", .help = "why, for the log and for whoever looks at the state", .value = "TEXT"};
constexpr Option no_legend{.name = "no-legend", .help = "no line with the names of the columns"};
constexpr Option names{.name = "names", .help = "the names alone, one a line"};
constexpr Option plugin_dir{.name = "plugin-dir",
                            .help = "look for plugins there alone",
                            .value = "DIR",
                            .from = From::folder,
                            .aside = true};
constexpr Option plugin_host{.name = "plugin-host",
                             .help = "the program that loads them",
                             .value = "PROGRAM",
                             .from = From::file,
                             .aside = true};

constexpr Operand file{.name = "FILE", .from = From::file};
constexpr Operand check{.name = "CHECK", .from = From::checks};
constexpr Operand role{.name = "NAME", .from = From::roles};

using enum ExitCode;

constexpr std::array common{
    Option{.name = "color",
           .help = "colours: auto (on a terminal, without NO_COLOR), always or never",
           .value = "WHEN",
           .from = From::words,
           .words = {"auto", "always", "never"}},
    Option{.name = "no-pager", .help = "print what is longer than the screen all the same"},
    Option{.name = "help", .help = "print what the command takes", .letter = 'h'},
};

constexpr std::array table{
    Command{.words = "status",
            .summary = "what is wrong, who is what, and why",
            .run = status,
            .operands = {{.name = "NAME", .from = From::roles, .least = 0, .most = any_number}},
            .options = {json, no_legend},
            .exits = {not_active, no_such_object, unreachable}},
    Command{.words = "list",
            .summary = "names and states",
            .run = list,
            .operands = {{.name = "KIND",
                          .from = From::words,
                          .words = {"instances", "groups", "checks", "notifiers", "plugins"},
                          .least = 0,
                          .most = any_number}},
            .options = {names, no_legend, json},
            .exits = {unreachable}},
    Command{.words = "show",
            .summary = "everything about an instance, group, check, notifier or plugin",
            .run = show,
            .operands = {{.name = "NAME", .from = From::names}},
            .options = {{.name = "property",
                         .help = "the values of these alone, one a line",
                         .letter = 'p',
                         .value = "PROPERTY[,PROPERTY]"},
                        json},
            .exits = {no_such_object, unreachable}},
    Command{.words = "watch",
            .summary = "a line for each change, as it happens",
            .run = watch,
            .operands = {{.name = "NAME", .from = From::names, .least = 0, .most = any_number}},
            .options = {json,
                        {.name = "until",
                         .help = "end when all that are named are in that state",
                         .value = "state=STATE",
                         .from = From::words,
                         .words = {"state=master", "state=backup", "state=fault", "state=init"}},
                        {.name = "timeout", .help = "end then at the latest, as 10s", .value = "DURATION"}},
            .exits = {no_such_object, unreachable, timeout},
            .live = true},
    Command{.words = "handover",
            .summary = "give the role to the other machine, and keep it there",
            .run = handover,
            .operands = {role},
            .options = {reason},
            .exits = {no_such_object, not_authorised, unreachable}},
    Command{.words = "release",
            .summary = "let it come back after a handover",
            .run = release,
            .operands = {role},
            .exits = {no_such_object, not_authorised, unreachable}},
    Command{.words = "maintenance",
            .summary = "take this machine out of service, or back",
            .run = maintenance,
            .operands = {{.name = "SWITCH", .from = From::words, .words = {"on", "off"}}},
            .options = {reason},
            .exits = {not_authorised, unreachable}},
    Command{.words = "announce",
            .summary = "have the network learn again where the addresses of an instance are",
            .run = announce,
            .operands = {{.name = "INSTANCE", .from = From::instances}},
            .exits = {no_such_object, not_authorised, unreachable}},
    Command{.words = "check run",
            .summary = "ask a check now, and print what it says",
            .run = check_run,
            .operands = {check},
            .options = {json},
            .exits = {not_active, no_such_object, not_authorised, unreachable}},
    Command{.words = "check override",
            .summary = "have a check count as up or down, whatever it says",
            .run = check_override,
            .operands = {check, {.name = "STATE", .from = From::words, .words = {"up", "down"}}},
            .options = {{.name = "for",
                         .help = "how long, as 10m; 1s to 7 days",
                         .value = "DURATION",
                         .required = true}},
            .exits = {no_such_object, not_authorised, unreachable}},
    Command{.words = "check clear",
            .summary = "have what a check says count again",
            .run = check_clear,
            .operands = {check},
            .exits = {no_such_object, not_authorised, unreachable}},
    Command{.words = "notifier test",
            .summary = "deliver a test event, and say how that went",
            .run = notifier_test,
            .operands = {{.name = "NOTIFIER", .from = From::notifiers}},
            .exits = {no_such_object, not_authorised, unreachable}},
    Command{.words = "plugin restart",
            .summary = "end the process of a plugin and start another; checks keep their verdicts",
            .run = plugin_restart,
            .operands = {{.name = "PLUGIN", .from = From::plugins}},
            .exits = {no_such_object, not_authorised, unreachable}},
    Command{.words = "reload",
            .summary = "have the agent read its configuration again",
            .run = reload,
            .options = {json},
            .exits = {not_authorised, unreachable, invalid_config}},
    Command{.words = "metrics",
            .summary = "everything that is counted, for Prometheus",
            .run = metrics,
            .exits = {unreachable}},
    Command{.words = "config check",
            .summary = "say everything that is wrong with a configuration file",
            .run = config_check,
            .operands = {file},
            .options = {json, plugin_dir, plugin_host},
            .exits = {invalid_config}},
    Command{.words = "config dump",
            .summary = "print the effective configuration with every default",
            .run = config_dump,
            .operands = {file},
            .options = {{.name = "show-secrets", .help = "print passwords instead of ***"},
                        plugin_dir,
                        plugin_host},
            .exits = {invalid_config}},
    Command{.words = "config convert",
            .summary = "make a configuration file of a keepalived.conf",
            .run = config_convert,
            .operands = {file},
            .options = {{.name = "output",
                         .help = "write the result there, not to standard output",
                         .value = "FILE",
                         .from = From::file},
                        {.name = "force", .help = "overwrite the file", .needs = "output"},
                        {.name = "config-id",
                         .help = "what @ID of conditional lines is compared with",
                         .value = "ID"},
                        json,
                        plugin_dir,
                        plugin_host},
            .exits = {invalid_config}},
    Command{.words = "replay",
            .summary = "what a recording of the agent tells, and whether it is done again",
            .run = replay,
            .operands = {file},
            .options = {json}},
    Command{.words = "plugin list",
            .summary = "print the types of checks and notifiers that plugins offer",
            .run = plugin_list,
            .options = {names, no_legend, json, plugin_dir, plugin_host}},
    Command{.words = "plugin show",
            .summary = "print what a type of check or notifier takes",
            .run = plugin_show,
            .operands = {{.name = "TYPE", .from = From::types}},
            .options = {json, plugin_dir, plugin_host},
            .exits = {no_such_object}},
    Command{.words = "version",
            .summary = "print the versions of this program and of the agent",
            .run = version,
            .options = {json}},
    Command{.words = "completion",
            .summary = "print the script that completes command lines in a shell",
            .run = completion,
            .operands = {{.name = "SHELL", .from = From::words, .words = {"bash"}}}},
};

/// Options may stand before their command: whether one takes a value must not depend on it. And what the
/// parser takes for granted.
constexpr bool is_sound() {
    for (const Command& command : table) {
        for (const Option& option : command.options) {
            for (const Command& other : table)
                for (const Option& same : other.options)
                    if (same.name == option.name && same.value.empty() != option.value.empty()) return false;
            for (const Option& same : common)
                if (same.name == option.name || (same.letter != 0 && same.letter == option.letter))
                    return false;
            const auto is_needed = [&](const Option& needed) { return needed.name == option.needs; };
            if (option.required && option.value.empty()) return false;
            if (!option.needs.empty() &&
                std::none_of(command.options.begin(), command.options.end(), is_needed))
                return false;
        }
        for (const Operand& operand : command.operands)
            if (&operand != command.operands.end() - 1 && (operand.least != 1 || operand.most != 1))
                return false;
    }
    return true;
}
static_assert(is_sound());

}  // namespace

std::span<const Command> commands() {
    return table;
}

std::span<const Option> common_options() {
    return common;
}

}  // namespace regent::ctl
