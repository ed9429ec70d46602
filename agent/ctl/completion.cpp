// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/completion.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <ostream>
#include <set>
#include <vector>

#include "agent/ctl/commands.hpp"

namespace regent::ctl {

namespace {

// What is the same for any table. $program: regentctl as it was typed. $current: the beginning of the value.
constexpr auto head = R"(# bash completion of regentctl, made by: regentctl completion bash

# What a value may be, one a line. Nothing where regentctl cannot tell in time: completion neither waits nor complains.
_regentctl_values() {
    case $1 in
    words) printf '%s\n' "${@:2}" ;;
    file) compgen -f -- "$current" ;;
    folder) compgen -d -- "$current" ;;
    types) timeout 2 "$program" plugin list --names ;;
    roles) timeout 2 "$program" list --names instances groups ;;
    names) timeout 2 "$program" list --names instances groups checks notifiers plugins ;;
    *) timeout 2 "$program" list --names "$1" ;;
    esac 2>/dev/null </dev/null
}
)";

constexpr auto tail = R"(
_regentctl() {
    local program=$1 line=$COMP_LINE part word awaited='' verb='' current prefix place kind
    local -a words=() operands=() values=() found=()
    COMPREPLY=()
    # bash breaks words at = : and @ too, which belong to options and names here.
    for part in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ ${#words[@]} -eq 0 || $line == [[:blank:]]* ]]; then words+=("$part"); else words[-1]+=$part; fi
        line=${line#"${line%%[![:blank:]]*}"}
        line=${line#"$part"}
    done
    current=${words[-1]}
    for word in "${words[@]:1:${#words[@]}-2}"; do
        if [[ -n $awaited ]]; then
            awaited=''
        elif _regentctl_awaits "$word"; then
            awaited=$word
        elif [[ $word != -* ]]; then
            operands+=("$word")
        fi
    done
    verb=${operands[0]-}
    place=$((${#operands[@]} - 1))
    if _regentctl_is_group "$verb"; then
        verb+=" ${operands[1]-}"
        place=$((place - 1))
    fi
    if [[ $current == --*=* && -z $awaited ]]; then
        awaited=${current%%=*}
        current=${current#*=}
    fi
    if [[ -n $awaited ]]; then
        _regentctl_option "$verb" "$awaited"
    elif [[ $current == -* ]]; then
        _regentctl_options "$verb"
    elif [[ $place -lt 0 ]]; then
        _regentctl_commands "$verb"
    else
        _regentctl_operand "$verb" "$place"
    fi
    [[ ${#values[@]} -gt 0 ]] || return 0
    kind=${values[0]}
    mapfile -t found < <(_regentctl_values "${values[@]}")
    if [[ $kind == file || $kind == folder ]]; then compopt -o filenames 2>/dev/null; fi
    # Of the word as it is here, bash replaces what is behind the last of its own breaks.
    prefix=${words[-1]%"$current"}
    for word in "${found[@]}"; do
        [[ $word == "$current"* ]] || continue
        word=$prefix$word
        word=${word:${#words[-1]}-${#2}}
        if [[ $kind != file && $kind != folder ]]; then printf -v word %q "$word"; fi
        COMPREPLY+=("$word")
    done
}

complete -F _regentctl regentctl
)";

std::string_view word_of(From from) {
    switch (from) {
        case From::nothing: return "";
        case From::words: return "words";
        case From::file: return "file";
        case From::folder: return "folder";
        case From::instances: return "instances";
        case From::groups: return "groups";
        case From::roles: return "roles";
        case From::checks: return "checks";
        case From::notifiers: return "notifiers";
        case From::plugins: return "plugins";
        case From::names: return "names";
        case From::types: return "types";
    }
    return "";
}

std::string values_of(From from, const Words& words) {
    return fmt::format("values=({}{}{})", word_of(from), words.empty() ? "" : " ", fmt::join(words, " "));
}

/// "--property" | "-p", each behind `before`.
std::string spellings(const Option& option, const std::string& before) {
    std::string text = fmt::format("{}--{}", before, option.name);
    if (option.letter != 0) text += fmt::format(" | {}-{}", before, option.letter);
    return text;
}

/// A function that looks its arguments up in branches of `case`.
std::string function(std::string_view name, std::string_view subject, const std::string& branches) {
    return fmt::format("\n{}() {{\n    case {} in\n{}    esac\n}}\n", name, subject, branches);
}

/// Options that take a value, in any command.
std::string awaits() {
    std::set<std::string> all;
    const auto add = [&](const auto& options) {
        for (const Option& option : options)
            if (!option.value.empty()) all.insert(spellings(option, ""));
    };
    add(common_options());
    for (const Command& command : commands())
        add(command.options);
    return function("_regentctl_awaits", "$1",
                    fmt::format("    {}) ;;\n    *) return 1 ;;\n", fmt::join(all, " | ")));
}

/// First words, and for groups of commands their second words.
std::string verbs() {
    std::vector<std::string> first;
    std::map<std::string, std::string> groups;  // with the second words of each
    for (const Command& command : commands()) {
        const auto blank = command.words.find(' ');
        const std::string word(command.words.substr(0, blank));
        if (std::find(first.begin(), first.end(), word) == first.end()) first.push_back(word);
        if (blank != std::string_view::npos) groups[word] += command.words.substr(blank);
    }
    std::string is_group;
    std::string branches;
    for (const auto& [word, seconds] : groups) {
        is_group += fmt::format("    {}) ;;\n", word);
        branches += fmt::format("    '{} ') values=(words{}) ;;\n", word, seconds);
    }
    branches += fmt::format("    '') values=(words {}) ;;\n", fmt::join(first, " "));
    return function("_regentctl_is_group", "$1", is_group + "    *) return 1 ;;\n") +
           function("_regentctl_commands", "\"$1\"", branches);
}

/// Names of options.
std::string options() {
    std::string always;
    std::string branches;
    for (const Option& option : common_options())
        always += fmt::format(" --{}", option.name);
    for (const Command& command : commands()) {
        std::string own;
        for (const Option& option : command.options)
            own += fmt::format(" --{}", option.name);
        const bool first = &command == &commands().front();
        branches += fmt::format("    {}'{}') values=(words{}{}{}) ;;\n", first ? "'' | " : "", command.words,
                                own, always, first ? " --version" : "");
    }
    return function("_regentctl_options", "\"$1\"", branches);
}

/// What the value of an option may be.
std::string option_values() {
    std::string branches;
    for (const Command& command : commands())
        for (const Option& option : command.options)
            if (option.from != From::nothing)
                branches +=
                    fmt::format("    {}) {} ;;\n", spellings(option, fmt::format("'{} '", command.words)),
                                values_of(option.from, option.words));
    for (const Option& option : common_options())
        if (option.from != From::nothing)
            branches += fmt::format("    {}) {} ;;\n", spellings(option, "*' '"),
                                    values_of(option.from, option.words));
    return function("_regentctl_option", "\"$1 $2\"", branches);
}

std::string operands() {
    std::string branches;
    for (const Command& command : commands()) {
        std::size_t place = 0;
        for (const Operand& operand : command.operands) {
            const std::string where = operand.most > 1 ? "*" : std::to_string(place);
            ++place;
            if (operand.from != From::nothing)
                branches += fmt::format("    '{} '{}) {} ;;\n", command.words, where,
                                        values_of(operand.from, operand.words));
        }
    }
    return function("_regentctl_operand", "\"$1 $2\"", branches);
}

}  // namespace

std::string bash_completion() {
    return head + awaits() + verbs() + options() + option_values() + operands() + tail;
}

ExitCode completion(const Arguments&, const Streams& streams) {
    streams.out << bash_completion();
    return ExitCode::ok;
}

}  // namespace regent::ctl
