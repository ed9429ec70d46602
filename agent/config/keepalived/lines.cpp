// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/lines.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

namespace regent::config::keepalived {

namespace {

constexpr std::string_view blanks = " \t\r\v\f";
constexpr std::array<std::string_view, 6> include_words{"include",  "includer", "includem",
                                                        "includew", "includeb", "includea"};

bool is_name(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string_view first_word(std::string_view text) {
    return text.substr(0, text.find_first_of(blanks));
}

bool includes(std::string_view text) {
    const std::string_view word = first_word(trimmed(text));
    return std::find(include_words.begin(), include_words.end(), word) != include_words.end();
}

/// The name that is defined by `text`, as in "$NAME=…".
std::optional<std::string_view> defined_name(std::string_view text) {
    if (!text.starts_with('$')) return std::nullopt;
    std::size_t end = 1;
    while (end < text.size() && is_name(text[end]))
        ++end;
    const bool is_definition = end > 1 && end < text.size() && text[end] == '=';
    return is_definition ? std::optional(text.substr(1, end - 1)) : std::nullopt;
}

/// Takes the backslash off that joins a line with the next.
bool continues(std::string& text) {
    const std::string_view body = trimmed(text);
    if (!body.ends_with('\\')) return false;
    text = trimmed(body.substr(0, body.size() - 1));
    return true;
}

}  // namespace

Spot LineReader::spot_of(const Line& line) {
    const std::size_t begin = line.text.find_first_not_of(blanks);
    if (!line.as_it_is || begin == std::string::npos)
        return {line.file, {line.number, line.column, line.width}};
    return {line.file, {line.number, static_cast<unsigned>(begin) + 1, 1}};
}

bool LineReader::fail(const Line& line, std::string code, std::string message, std::string hint) {
    findings_.error(spot_of(line), std::move(code), std::string(first_word(trimmed(line.text))),
                    std::move(message), std::move(hint));
    return true;
}

void LineReader::read(std::size_t file, std::size_t depth) {
    std::string_view rest = findings_.text(file);
    for (unsigned number = 1; !rest.empty() && !stopped_; ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view whole = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        Line line{file, number, std::string(without_comment(whole)), true, 1, 1, 0, depth};
        line.column = 1 + static_cast<unsigned>(std::min(whole.find_first_not_of(blanks), whole.size()));
        line.width = std::max(1U, static_cast<unsigned>(decode_utf8(trimmed(line.text)).size()));
        if (!raw_line(std::move(line))) stopped_ = true;
    }
    if (depth == 0 && !collecting_.empty()) {
        findings_.error({file, {}}, "syntax", fmt::format("${}", collecting_),
                        fmt::format("the definition of ${} never ends", printable(collecting_)),
                        "its last line may not end in a backslash");
    }
}

bool LineReader::raw_line(Line line) {
    if (!collecting_.empty()) {
        std::string text = line.text;
        const bool more = continues(text);
        std::string& open = definitions_[collecting_];
        open += '\n';
        open += text;
        if (!more) collecting_.clear();
        return true;
    }
    // As with keepalived a condition comes first, and no definition is substituted in a file's name.
    if (!is_meant(line)) return true;
    return includes(line.text) ? include(line) : process(std::move(line));
}

bool LineReader::is_meant(Line& line) {
    while (true) {
        const std::string_view body = trimmed(line.text);
        if (!body.starts_with('@')) return true;
        conditions_.push_back(spot_of(line));
        const std::string_view word = first_word(body);
        const bool negative = word.starts_with("@^");
        const bool same = word.substr(negative ? 2 : 1) == config_id_;
        if (same == negative) return false;
        // The blanks stay, so that columns keep their meaning.
        const std::size_t at = line.text.find('@');
        line.text.replace(at, word.size(), std::string(word.size(), ' '));
    }
}

bool LineReader::define(const Line& line) {
    const std::string_view body = trimmed(line.text);
    const auto name = defined_name(body);
    if (!name) return false;
    std::string text(trimmed(body.substr(name->size() + 2)));
    if (continues(text)) collecting_ = std::string(*name);
    definitions_[std::string(*name)] = std::move(text);
    return true;
}

bool LineReader::process(Line line) {
    if (!is_meant(line) || define(line)) return true;
    const std::string_view body = trimmed(line.text);
    if (body.empty()) return true;
    if (body.starts_with("~SEQ") || body.starts_with("~LST"))
        return fail(line, "unsupported", fmt::format("{} is not supported", body.substr(0, 4)),
                    "write the lines out that it stands for");
    if (line.text.find('$') == std::string::npos) return emit(line);
    const std::string text = substitute(line);
    return text == line.text ? emit(line) : expand(line, text);
}

bool LineReader::expand(const Line& line, const std::string& text) {
    expanded_ += text.size();
    if (line.depth >= maximum_expansion_depth || expanded_ > maximum_expanded) {
        fail(line, "too_large", "definitions nest too deep or grow too large",
             "one of them may contain itself");
        return false;
    }
    std::string_view rest = text;
    while (true) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        Line part = line;
        part.text = rest.substr(0, end);
        part.as_it_is = false;
        ++part.depth;
        if (!process(std::move(part))) return false;
        if (end == rest.size()) return true;
        rest.remove_prefix(end + 1);
    }
}

const std::string* LineReader::value_of(const Line& line, std::string_view name, std::string& scratch) const {
    if (const auto found = definitions_.find(name); found != definitions_.end()) return &found->second;
    if (name == "_HASH") {
        scratch.assign(1, '#');
    } else if (name == "_BANG") {
        scratch.assign(1, '!');
    } else if (name == "_INSTANCE") {
        scratch = config_id_;
    } else if (name == "_PWD") {
        const std::string& file = findings_.name(line.file);
        const std::size_t slash = file.rfind('/');
        scratch = slash == std::string::npos ? "." : file.substr(0, slash);
    } else {
        return nullptr;
    }
    return &scratch;
}

/// Once: what a value contains is substituted in the next round. An unknown name stays, as with keepalived.
std::string LineReader::substitute(const Line& line) const {
    const std::string& text = line.text;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const bool braced = text.compare(at, 2, "${") == 0;
        std::size_t begin = at + (braced ? 2 : 1);
        std::size_t end = begin;
        while (text[at] == '$' && end < text.size() && is_name(text[end]))
            ++end;
        const bool closed = braced ? end < text.size() && text[end] == '}'
                                   : end == text.size() || blanks.find(text[end]) != std::string_view::npos;
        std::string scratch;
        const std::string* value = nullptr;
        if (text[at] == '$' && end > begin && closed)
            value = value_of(line, std::string_view(text).substr(begin, end - begin), scratch);
        if (value == nullptr) {
            out += text[at++];
            continue;
        }
        out += *value;
        at = end + (braced ? 1 : 0);
        if (out.size() > maximum_expanded) break;
    }
    return out;
}

bool LineReader::emit(const Line& line) {
    auto words = split_line(line.text);
    if (!words) {
        const Spot here{line.file, {line.number, line.as_it_is ? words.error().column : line.column, 1}};
        findings_.error(here, "syntax", "", words.error().message, words.error().hint);
        return true;
    }
    if (words->empty()) return true;
    if (words->back().text.ends_with('\\') && !words->back().quoted)
        return fail(line, "syntax", "a backslash joins the lines of a definition alone",
                    "write the whole setting on one line");
    if (!line.as_it_is) {
        for (Word& word : *words) {
            word.column = line.column;
            word.width = line.width;
        }
    }
    return tree_.line(line.file, line.number, *words);
}

bool LineReader::include(const Line& line) {
    const std::string pattern(trimmed(trimmed(line.text).substr(first_word(trimmed(line.text)).size())));
    if (pattern.empty()) return fail(line, "missing", "the name of a file is missing");
    if (line.include_depth >= maximum_include_depth) {
        fail(line, "too_large", fmt::format("files include each other deeper than {}", maximum_include_depth),
             "a file may not include itself");
        return false;
    }
    auto files = include_(pattern, findings_.name(line.file));
    if (!files)
        return fail(line, "unreadable",
                    fmt::format("cannot read {}: {}", in_path_quotes(pattern), files.error()),
                    "convert where the included files are, or take the line out");
    if (files->empty()) {
        findings_.warning(spot_of(line), "no_effect", "include",
                          fmt::format("no file matches {}", in_path_quotes(pattern)));
    }
    for (IncludedFile& file : *files) {
        if (findings_.file_count() >= maximum_files) {
            fail(line, "too_large", fmt::format("more than {} files", maximum_files));
            return false;
        }
        read(findings_.add_file(std::move(file.name), std::move(file.text)), line.include_depth + 1);
    }
    return !stopped_;
}

}  // namespace regent::config::keepalived
