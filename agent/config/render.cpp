// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/config/convert.hpp"
#include "agent/config/diagnostic.hpp"
#include "agent/config/source_text.hpp"

namespace regent::config {

namespace {

constexpr std::size_t shown_columns = 160;  ///< of a source line

struct Palette {
    std::string_view strong, error, warning, caret, off;
};
constexpr Palette plain{};
constexpr Palette ansi{"\x1b[1m", "\x1b[1;31m", "\x1b[1;35m", "\x1b[1;32m", "\x1b[0m"};

/// A window of a long line around the marked column, and where the mark is in it.
struct Excerpt {
    std::string text;
    std::size_t column;  ///< from 0
};

Excerpt excerpt(const Diagnostic& diagnostic) {
    const std::u32string line = decode_utf8(diagnostic.source_line);
    const std::size_t column = diagnostic.column > 0 ? diagnostic.column - 1 : 0;
    if (line.size() <= shown_columns) return {encode_utf8(line), column};
    const std::size_t start = column > shown_columns / 2 ? column - shown_columns / 2 : 0;
    const std::u32string window = line.substr(std::min(start, line.size()), shown_columns);
    const std::string before = start > 0 ? "…" : "";
    const std::string after = start + window.size() < line.size() ? "…" : "";
    return {before + encode_utf8(window) + after, column - start + (start > 0 ? 1U : 0U)};
}

/// What stands before the caret: blanks, but tabs where the line has tabs, so that both lines up.
std::string padding(const std::string& line, std::size_t column) {
    const std::u32string text = decode_utf8(line);
    std::string blanks;
    for (std::size_t i = 0; i < column; ++i)
        blanks += i < text.size() && text[i] == U'\t' ? '\t' : ' ';
    return blanks;
}

void render_source(std::string& out, const Diagnostic& diagnostic, const Palette& palette) {
    if (diagnostic.line == 0) return;
    const Excerpt shown = excerpt(diagnostic);
    const std::size_t length = decode_utf8(shown.text).size();
    const std::size_t room = length > shown.column ? length - shown.column : 1;
    const std::size_t tail = std::min<std::size_t>(std::max(diagnostic.width, 1U), room) - 1;
    out += fmt::format("{:5} | {}\n", diagnostic.line, shown.text);
    out += fmt::format("      | {}{}^{}{}\n", padding(shown.text, shown.column), palette.caret,
                       std::string(tail, '~'), palette.off);
}

void render_one(std::string& out, const Diagnostic& diagnostic, const Palette& palette) {
    const bool error = diagnostic.severity == Diagnostic::Severity::error;
    const std::string file = printable(diagnostic.file);
    const std::string place =
        diagnostic.line == 0 ? file : fmt::format("{}:{}:{}", file, diagnostic.line, diagnostic.column);
    out += fmt::format("{}{}:{} {}{}:{} {}{}{}\n", palette.strong, place, palette.off,
                       error ? palette.error : palette.warning, error ? "error" : "warning", palette.off,
                       palette.strong, diagnostic.message, palette.off);
    render_source(out, diagnostic, palette);
    if (!diagnostic.hint.empty()) out += fmt::format("      = hint: {}\n", diagnostic.hint);
}

}  // namespace

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [](const auto& each) { return each.severity == Diagnostic::Severity::error; });
}

std::string render(const std::vector<Diagnostic>& diagnostics, bool colour) {
    std::string out;
    for (const Diagnostic& diagnostic : diagnostics)
        render_one(out, diagnostic, colour ? ansi : plain);
    return out;
}

namespace {

nlohmann::ordered_json to_array(const std::vector<Diagnostic>& diagnostics) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Diagnostic& each : diagnostics) {
        list.push_back({{"severity", each.severity == Diagnostic::Severity::error ? "error" : "warning"},
                        {"file", each.file},
                        {"line", each.line},
                        {"column", each.column},
                        {"code", each.code},
                        {"key", each.key},
                        {"message", each.message},
                        {"hint", each.hint}});
    }
    return list;
}

std::string to_text(const nlohmann::ordered_json& document) {
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_json(const std::string& file, const std::vector<Diagnostic>& diagnostics) {
    return to_text({{"schema", "regent.config-check.1"},
                    {"file", file},
                    {"ok", !has_errors(diagnostics)},
                    {"diagnostics", to_array(diagnostics)}});
}

std::string to_json(const std::string& file, const Converted& converted, bool with_toml) {
    nlohmann::ordered_json document = {{"schema", "regent.config-convert.1"},
                                       {"file", file},
                                       {"ok", !has_errors(converted.diagnostics)},
                                       {"diagnostics", to_array(converted.diagnostics)}};
    if (with_toml && converted.toml) document["toml"] = *converted.toml;
    return to_text(document);
}

}  // namespace regent::config
