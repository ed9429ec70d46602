// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/help.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "agent/ctl/commands.hpp"

namespace regent::ctl {

namespace {

/// How a synopsis is written.
struct Markup {
    std::string (*text)(std::string_view words);
    std::string_view more;  ///< of something that may be repeated
};

std::string as_it_is(std::string_view words) {
    return std::string(words);
}

/// What is typed as it stands is bold, what a person replaces is underlined: that is what capitals are.
std::string in_scdoc(std::string_view words) {
    const auto mark_of = [](char letter) -> char {
        if (std::isupper(static_cast<unsigned char>(letter)) != 0) return '_';
        return letter == '|' || letter == '[' || letter == ']' || letter == ',' ? 0 : '*';
    };
    std::string out;
    char open = 0;
    const auto turn_to = [&](char mark) {
        if (mark == open) return;
        if (open != 0) out += open;
        if (mark != 0) out += mark;
        open = mark;
    };
    for (const char letter : words) {
        turn_to(mark_of(letter));
        out += letter;
    }
    turn_to(0);
    return out;
}

constexpr Markup plain{as_it_is, "…"};
constexpr Markup scdoc{in_scdoc, "..."};

std::string synopsis(const Operand& operand, const Markup& markup) {
    std::string text =
        markup.text(operand.from == From::words ? fmt::format("{}", fmt::join(operand.words, "|"))
                                                : std::string(operand.name));
    if (operand.most > 1) text += markup.more;
    return operand.least == 0 ? fmt::format("[{}]", text) : text;
}

std::string synopsis(const Command& command, const Option& option, const Markup& markup) {
    std::string text = markup.text("--" + std::string(option.name));
    if (!option.value.empty()) text += fmt::format(" {}", markup.text(option.value));
    for (const Option& other : command.options)
        if (other.needs == option.name) text += fmt::format(" {}", synopsis(command, other, markup));
    return option.required ? text : fmt::format("[{}]", text);
}

std::string without_options(const Command& command, const Markup& markup) {
    std::string text = markup.text(command.words);
    for (const Operand& operand : command.operands)
        text += fmt::format(" {}", synopsis(operand, markup));
    return text;
}

std::string synopsis(const Command& command, const Markup& markup) {
    std::string text = without_options(command, markup);
    if (&command == &commands().front()) text = fmt::format("[{}]", text);
    for (const Option& option : command.options)
        if (!option.aside && option.needs.empty())
            text += fmt::format(" {}", synopsis(command, option, markup));
    return text;
}

using Lines = std::vector<std::pair<std::string, std::string>>;

/// Two columns. Columns are counted in bytes but for "…", which is three.
std::string columns(const Lines& lines) {
    const auto width_of = [](const std::string& text) {
        return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
            return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
        }));
    };
    std::size_t width = 0;
    for (const auto& [left, right] : lines)
        width = std::max(width, width_of(left));
    std::string out;
    for (const auto& [left, right] : lines)
        out += fmt::format("  {}{:{}}  {}\n", left, "", width - width_of(left), right);
    return out;
}

Lines lines_of(const auto& options) {
    Lines lines;
    for (const Option& option : options) {
        std::string left = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "    ";
        left += fmt::format("--{}", option.name);
        if (!option.value.empty()) left += fmt::format(" {}", option.value);
        lines.emplace_back(std::move(left), option.help);
    }
    return lines;
}

std::string exits(const Command* command) {
    Lines lines;
    for (const ExitMeaning& each : exit_meanings) {
        const bool counts =
            command == nullptr || each.code <= ExitCode::usage ||
            std::find(command->exits.begin(), command->exits.end(), each.code) != command->exits.end();
        if (counts) lines.emplace_back(std::to_string(static_cast<int>(each.code)), each.text);
    }
    return fmt::format("\nExit status:\n{}", columns(lines));
}

}  // namespace

std::string usage(const Command& command) {
    return synopsis(command, plain);
}

std::string help_of(const Command& command) {
    std::string text = fmt::format("Usage: regentctl {}\n\n  {}\n", usage(command), command.summary);
    if (!command.options.empty()) text += fmt::format("\nOptions:\n{}", columns(lines_of(command.options)));
    return text + "\nOptions of every command:\n" + columns(lines_of(common_options())) + exits(&command);
}

std::string help_of_all(std::string_view group) {
    Lines lines;
    for (const Command& command : commands()) {
        const bool member = command.words.starts_with(std::string(group) + " ");
        if (group.empty() || member) lines.emplace_back(without_options(command, plain), command.summary);
    }
    Lines options = lines_of(common_options());
    if (group.empty()) options.emplace_back("    --version", "print the version of this program");
    return fmt::format(
               "Usage: regentctl {}{}COMMAND …\n\nCommands:\n{}\nOptions of every command, also before "
               "it:\n{}\n"
               "Without a command: {}. What else a command takes: regentctl COMMAND --help.\n",
               group, group.empty() ? "" : " ", columns(lines), columns(options), commands().front().words) +
           exits(nullptr);
}

std::string man_synopsis() {
    std::string text;
    for (const Command& command : commands())
        text += fmt::format("*regentctl* {}++\n", synopsis(command, scdoc));
    return text + "*regentctl* [_COMMAND_] *--help*++\n*regentctl* *--version*\n";
}

}  // namespace regent::ctl
