// SPDX-License-Identifier: Apache-2.0
// What is wrong with a configuration, as data, and its two forms: for people and for programs.
#pragma once

#include <string>
#include <vector>

namespace regent::config {

struct Diagnostic {
    enum class Severity { error, warning };

    Severity severity = Severity::error;
    std::string file;
    unsigned line = 0;    ///< from 1; 0 when the file as a whole is meant
    unsigned column = 0;  ///< from 1, in characters; 0 with line 0
    unsigned width = 1;   ///< how many characters of the line are meant
    std::string code;     ///< one of a closed list of snake_case words, see docs/configuration.md
    std::string key;      ///< path of the key, as in "instance.VI_1.priority"; empty for the whole file
    std::string message;
    std::string hint;         ///< what to do about it; may be empty
    std::string source_line;  ///< the line as it stands, passwords masked; may be empty

    bool operator==(const Diagnostic&) const = default;
};

bool has_errors(const std::vector<Diagnostic>& diagnostics);

/// As compilers print: `file:line:column: error: message`, the source line, a caret, the hint. With `colour`,
/// ANSI colours; the words carry the meaning without them. Control characters of the source are never passed
/// on.
std::string render(const std::vector<Diagnostic>& diagnostics, bool colour);

/// One JSON document of schema "regent.config-check.1", two spaces of indentation, ending in a newline.
std::string to_json(const std::string& file, const std::vector<Diagnostic>& diagnostics);

}  // namespace regent::config
