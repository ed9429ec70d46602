// SPDX-License-Identifier: Apache-2.0
#include "plugins/process_watch/proc_text.hpp"

#include <charconv>

namespace regent::plugins::process_watch {
namespace {

constexpr std::size_t maximum_comm = 15;  // TASK_COMM_LEN without its zero byte
constexpr pid_t maximum_pid = 1 << 22;    // PID_MAX_LIMIT

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The word number `index`, from 0 on, of words with one space between them.
std::string_view word(std::string_view text, int index) {
    for (; index > 0; --index) {
        const std::size_t space = text.find(' ');
        if (space == std::string_view::npos) return {};
        text.remove_prefix(space + 1);
    }
    return text.substr(0, text.find_first_of(" \n"));
}

}  // namespace

std::optional<ProcessStat> parse_stat(std::string_view text) {
    // A comm may hold blanks and parentheses: it ends at the last one.
    const std::size_t open = text.find('(');
    const std::size_t close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || open == 0 || close < open)
        return std::nullopt;
    if (close + 2 > text.size()) return std::nullopt;
    const std::string_view rest = text.substr(close + 2);  // from field 3 on
    const auto pid = whole_number<pid_t>(text.substr(0, open - 1));
    const auto start = whole_number<std::uint64_t>(word(rest, 22 - 3));
    const std::string_view state = word(rest, 0);
    if (!pid || !start || state.size() != 1) return std::nullopt;
    return ProcessStat{*pid, std::string(text.substr(open + 1, close - open - 1)), state[0], *start};
}

std::optional<pid_t> parse_pidfile(std::string_view text) {
    const auto pid = whole_number<pid_t>(trimmed(text.substr(0, text.find('\n'))));
    return pid && *pid >= 1 && *pid <= maximum_pid ? pid : std::nullopt;
}

std::vector<std::string> parse_arguments(std::string_view text) {
    std::vector<std::string> arguments;
    while (!text.empty()) {
        const std::size_t end = text.find('\0');
        arguments.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return arguments;
}

std::optional<std::int64_t> parse_boot_time(std::string_view text) {
    constexpr std::string_view key = "\nbtime ";
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    return whole_number<std::int64_t>(word(text.substr(at + key.size()), 0));
}

bool Likeness::is_named(std::string_view comm) const {
    return comm == std::string_view(name).substr(0, maximum_comm) &&
           // A comm that was cut says too little.
           name.size() <= maximum_comm;
}

bool Likeness::fits(std::string_view comm, const std::vector<std::string>& argv) const {
    if (!is_named(comm)) {
        if (argv.empty()) return false;
        std::string_view base = argv[0];
        base.remove_prefix(base.rfind('/') + 1);  // npos + 1 is 0
        if (base.starts_with('-')) base.remove_prefix(1);
        // Some rewrite argv[0] as "name: what it does".
        if (base.substr(0, base.find_first_of(" :")) != name && base != name) return false;
    }
    std::size_t wanted = 0;
    for (std::size_t index = 1; index < argv.size() && wanted < arguments.size(); ++index) {
        if (argv[index] == arguments[wanted]) ++wanted;
    }
    return wanted == arguments.size();
}

}  // namespace regent::plugins::process_watch
