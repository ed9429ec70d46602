// SPDX-License-Identifier: Apache-2.0
// One line of a keepalived.conf as words: comments, quotes, escapes, braces (keepalived.conf(5)).
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace regent::config::keepalived {

struct Word {
    std::string text;  ///< without its quotes, escapes resolved; valid UTF-8
    bool quoted = false;
    unsigned column = 1;  ///< from 1, in characters
    unsigned width = 1;   ///< in characters, quotes included

    bool is(std::string_view brace) const { return !quoted && text == brace; }
};

struct WordProblem {
    unsigned column = 1;
    std::string message;
    std::string hint;
};

/// The line up to the `#` or `!` that begins a comment: one outside quotes, anywhere in the line.
std::string_view without_comment(std::string_view line);

/// The words between blanks. `{` and `}` are words of their own wherever they begin or end a word; ${…} is
/// not torn. Comments are not looked for.
tl::expected<std::vector<Word>, WordProblem> split_line(std::string_view line);

/// The words of a command as keepalived cuts it: at blanks, with '…' and "…" holding them together.
tl::expected<std::vector<std::string>, WordProblem> split_command(std::string_view command);

}  // namespace regent::config::keepalived
