// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/words.hpp"

#include <array>
#include <optional>

#include "agent/config/source_text.hpp"

namespace regent::config::keepalived {

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

bool is_quote(char c) {
    return c == '"' || c == '\'';
}

std::optional<unsigned> digit_of(char c, unsigned base) {
    unsigned value = base;
    if (c >= '0' && c <= '9') value = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') value = static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') value = static_cast<unsigned>(c - 'A') + 10;
    return value < base ? std::optional(value) : std::nullopt;
}

class Scanner {
  public:
    explicit Scanner(std::string_view line) : line_(line) {}

    bool at_end() const { return at_ >= line_.size(); }
    char peek() const { return line_[at_]; }
    unsigned column() const { return column_; }

    char next() {
        const char c = line_[at_++];
        // The bytes behind the first of a character in UTF-8 take no column.
        if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) ++column_;
        return c;
    }

    void skip_blanks() {
        while (!at_end() && is_blank(peek()))
            next();
    }

    /// What stands behind a backslash inside quotes.
    char escape() {
        if (at_end()) return '\\';
        const char c = next();
        if (c == 'x') return number(16, 2, c);
        if (c == 'c' && !at_end()) return static_cast<char>(static_cast<unsigned char>(next()) & 0x1fU);
        if (const auto first = digit_of(c, 8)) return number(8, 2, static_cast<char>(*first), *first);
        constexpr std::string_view names = "abEfnrtv";
        constexpr std::string_view meant = "\a\b\x1b\f\n\r\t\v";
        const std::size_t at = names.find(c);
        return at == std::string_view::npos ? c : meant[at];
    }

  private:
    char number(unsigned base, int digits, char otherwise, unsigned value = 0) {
        bool any = base == 8;
        for (; digits > 0 && !at_end(); --digits) {
            const auto digit = digit_of(peek(), base);
            if (!digit) break;
            value = value * base + *digit;
            any = true;
            next();
        }
        return any ? static_cast<char>(value) : otherwise;
    }

    std::string_view line_;
    std::size_t at_ = 0;
    unsigned column_ = 1;
};

/// Reads what is between quotes, behind the opening one; false when it never ends.
bool read_quoted(Scanner& scanner, char quote, std::string& out) {
    while (!scanner.at_end()) {
        const char c = scanner.next();
        if (c == quote) return true;
        out += c == '\\' ? scanner.escape() : c;
    }
    return false;
}

WordProblem open_quote(unsigned column, char quote) {
    return {column, std::string("the quote ") + quote + " is never closed",
            "a string ends on the line where it begins"};
}

tl::expected<std::vector<Word>, WordProblem> split(std::string_view text) {
    std::vector<Word> words;
    Scanner scanner(text);
    for (scanner.skip_blanks(); !scanner.at_end(); scanner.skip_blanks()) {
        Word word;
        word.column = scanner.column();
        while (!scanner.at_end() && !is_blank(scanner.peek())) {
            const unsigned column = scanner.column();
            const char c = scanner.next();
            if (!is_quote(c)) {
                word.text += c;
                continue;
            }
            word.quoted = true;
            if (!read_quoted(scanner, c, word.text)) return tl::unexpected(open_quote(column, c));
        }
        word.width = scanner.column() - word.column;
        word.text = encode_utf8(decode_utf8(word.text));
        words.push_back(std::move(word));
    }
    return words;
}

/// Adds `word`, its braces as words of their own.
void add_torn(std::vector<Word>& words, Word word) {
    const auto brace = [](char c) { return c == '{' || c == '}'; };
    while (word.text.size() > 1 && brace(word.text.front())) {
        words.push_back({word.text.substr(0, 1), false, word.column, 1});
        word.text.erase(0, 1);
        ++word.column;
        --word.width;
    }
    std::vector<Word> behind;
    const auto belongs_to_it = [&] { return word.text.find("${") != std::string::npos; };
    while (word.text.size() > 1 && brace(word.text.back()) && !belongs_to_it()) {
        --word.width;
        behind.insert(behind.begin(),
                      {word.text.substr(word.text.size() - 1), false, word.column + word.width, 1});
        word.text.pop_back();
    }
    words.push_back(std::move(word));
    words.insert(words.end(), behind.begin(), behind.end());
}

}  // namespace

std::string_view without_comment(std::string_view line) {
    char quote = '\0';
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote != '\0') {
            if (c == '\\') ++i;
            if (c == quote) quote = '\0';
        } else if (is_quote(c)) {
            quote = c;
        } else if (c == '#' || c == '!') {
            return line.substr(0, i);
        }
    }
    return line;
}

tl::expected<std::vector<Word>, WordProblem> split_line(std::string_view line) {
    auto whole = split(line);
    if (!whole) return whole;
    std::vector<Word> words;
    for (Word& word : *whole) {
        if (word.quoted) {
            words.push_back(std::move(word));
        } else {
            add_torn(words, std::move(word));
        }
    }
    return words;
}

tl::expected<std::vector<std::string>, WordProblem> split_command(std::string_view command) {
    const auto words = split(command);
    if (!words) return tl::unexpected(words.error());
    std::vector<std::string> texts;
    for (const Word& word : *words)
        texts.push_back(word.text);
    return texts;
}

}  // namespace regent::config::keepalived
