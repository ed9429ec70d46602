// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/command.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "agent/config/keepalived/reading.hpp"
#include "agent/config/keepalived/words.hpp"
#include "agent/config/toml_writer.hpp"

namespace regent::config::keepalived {

namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 22> shell_words{
    ".",   ":",  "!",    "[[",  "case",   "cd",   "command", "eval",  "exec",  "exit",  "export",
    "for", "if", "read", "set", "source", "trap", "ulimit",  "umask", "until", "while", "wait"};

std::string base_name(std::string_view path) {
    return std::string(path.substr(path.rfind('/') + 1));
}

std::optional<NativeCheck> process_named(std::string_view name) {
    const std::string base = base_name(name);
    if (base.empty() || base.starts_with('-')) return std::nullopt;
    return NativeCheck{"process", {{"name", toml_string(base)}}};
}

std::optional<NativeCheck> tcp_to(std::string_view host, std::string_view port) {
    const auto address = IpAddress::parse(host == "localhost" ? "127.0.0.1" : host);
    const auto number = number_of(port);
    if (!address || !number || *number < 1 || *number > 65535) return std::nullopt;
    return NativeCheck{"tcp", {{"host", toml_string(*address)}, {"port", std::to_string(*number)}}};
}

/// `</dev/tcp/HOST/PORT`, as bash has it.
std::optional<NativeCheck> tcp_by_bash(std::string_view text) {
    constexpr std::string_view front = "/dev/tcp/";
    const std::size_t begin = text.find_first_not_of("< \t");
    if (!text.starts_with('<') || begin == std::string_view::npos) return std::nullopt;
    text.remove_prefix(begin);
    if (!text.starts_with(front)) return std::nullopt;
    text.remove_prefix(front.size());
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    return tcp_to(text.substr(0, slash), text.substr(slash + 1));
}

/// "$(cat" or "`cat", of a command that stands in another. With blanks it was in quotes, and is for who runs
/// it.
bool begins_substitution(const std::string& word) {
    return (word.starts_with("$(") || word.starts_with('`')) && word.find(' ') == std::string::npos;
}

/// `kill -0 $(cat FILE)`, in backquotes as well, and with what else says the number of a process in the place
/// of cat. Run as regent's own user kill itself fails: the process is another's.
std::optional<NativeCheck> process_numbered(const Words& command) {
    std::string text = command[2];
    for (std::size_t i = 3; i < command.size(); ++i)
        text += " " + command[i];
    const bool old = text.starts_with('`');
    if (!begins_substitution(command[2]) || text.size() < 4 || !text.ends_with(old ? '`' : ')'))
        return std::nullopt;
    const auto inner = split_command(std::string_view(text).substr(old ? 1 : 2, text.size() - (old ? 2 : 3)));
    if (!inner || inner->empty()) return std::nullopt;
    const bool cat =
        inner->size() == 2 && base_name(inner->front()) == "cat" && inner->back().starts_with('/');
    if (cat) return NativeCheck{"process", {{"pidfile", toml_text(inner->back())}}};
    const auto named = native_check(*inner);
    return named && named->type == "process" ? named : std::nullopt;
}

bool is_operator(const std::string& word) {
    constexpr std::array<std::string_view, 8> alone{"|", "||", "&", "&&", ";", ">", "<", ">>"};
    return std::find(alone.begin(), alone.end(), word) != alone.end() || word.starts_with("2>") ||
           word.starts_with("&>") || word.starts_with(">/") || word.ends_with(";") ||
           begins_substitution(word);
}

}  // namespace

std::optional<NativeCheck> native_check(const Words& command) {
    if (command.empty()) return std::nullopt;
    const std::string program = base_name(command[0]);
    if (command[0].starts_with('<'))
        return command.size() == 1
                   ? tcp_by_bash(command[0])
                   : (command.size() == 2 ? tcp_by_bash(command[0] + command[1]) : std::nullopt);
    const bool three = command.size() == 3;
    if (program == "killall" && three && (command[1] == "-0")) return process_named(command[2]);
    if (program == "pidof" && command.size() == 2) return process_named(command[1]);
    if (program == "pidof" && three && command[1] == "-s") return process_named(command[2]);
    if (program == "pgrep" && three && command[1] == "-x") return process_named(command[2]);
    if (program == "kill" && command.size() > 3 && command[1] == "-0") return process_numbered(command);
    if (program == "bash" && three && command[1] == "-c") return tcp_by_bash(command[2]);
    if (program == "nc" && command.size() == 4 && command[1] == "-z") return tcp_to(command[2], command[3]);
    return std::nullopt;
}

bool is_shell_text(const Words& command) {
    if (command.empty()) return false;
    const std::string& first = command.front();
    return first.find_first_of("<>|&;()$`*=") != std::string::npos ||
           std::find(shell_words.begin(), shell_words.end(), first) != shell_words.end();
}

bool has_shell_operator(const Words& command) {
    return std::any_of(command.begin(), command.end(), is_operator);
}

bool is_runnable(const std::string& program) {
    return program.starts_with('/') || (!program.empty() && program.find('/') == std::string::npos);
}

std::string command_toml(const Words& command) {
    std::string out = command.front().starts_with('/') ? "[" : "[\"/usr/bin/env\", ";
    for (const std::string& word : command)
        out += fmt::format("{}{}", &word == &command.front() ? "" : ", ", toml_text(word));
    return out + "]";
}

std::string shell_toml(const std::string& text) {
    return fmt::format("[\"/bin/sh\", \"-c\", {}]", toml_text(text));
}

}  // namespace regent::config::keepalived
