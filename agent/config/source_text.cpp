// SPDX-License-Identifier: Apache-2.0
#include "agent/config/source_text.hpp"

#include <algorithm>
#include <array>

namespace regent::config {

namespace {

constexpr char32_t replacement = 0xfffd;
constexpr std::size_t quoted_length = 60;
constexpr std::string_view bare_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// Names of keys that stand for secrets even where no schema is known.
constexpr std::array<std::u32string_view, 5> always_secret{U"password", U"passphrase", U"secret", U"token",
                                                           U"api_key"};

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/// Unicode keeps these for the inside of programs. D-Bus takes none of them: one text with one, and the whole
/// message is refused.
bool is_noncharacter(char32_t c) {
    return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffeU) == 0xfffe;
}

bool is_unprintable(char32_t c) {
    return is_control(c) || is_noncharacter(c);
}

/// Length of the UTF-8 sequence that `lead` starts, 0 when it starts none.
std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    if (lead >= 0xe0 && lead < 0xf0) return 3;
    if (lead >= 0xf0 && lead < 0xf5) return 4;
    return 0;
}

/// The code point at the front of `text`, and how many bytes it takes.
std::pair<char32_t, std::size_t> decode_one(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = sequence_length(byte(0));
    if (length == 1) return {byte(0), 1};
    if (length == 0 || length > text.size()) return {replacement, 1};
    char32_t point = byte(0) & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) return {replacement, 1};
        point = (point << 6) | (byte(i) & 0x3fU);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    const bool surrogate = point >= 0xd800 && point < 0xe000;
    if (overlong || surrogate || point > 0x10ffff) return {replacement, 1};
    return {point, length};
}

struct ValueExtent {
    std::size_t begin, end;
};

/// What is inside the quotes of the value at `start`; to the end of the line when it is not a closed plain
/// string.
ValueExtent value_extent(std::u32string_view line, std::size_t start) {
    const char32_t quote = line[start];
    if (quote != U'"' && quote != U'\'') return {start, line.size()};
    const std::size_t begin = start + 1;
    if (line.substr(begin, 2) == std::u32string(2, quote)) return {begin, line.size()};
    std::size_t end = begin;
    while (end < line.size() && line[end] != quote)
        end += quote == U'"' && line[end] == U'\\' ? 2U : 1U;
    return {begin, std::min(end, line.size())};
}

/// Overwrites the value of each key in `line` that ends in `word`.
void mask_values_of(std::u32string& line, std::u32string_view word) {
    if (word.empty()) return;
    for (std::size_t at = line.find(word); at != std::u32string::npos; at = line.find(word, at)) {
        at += word.size();
        const std::size_t equals = line.find_first_not_of(U"\"' \t", at);
        if (equals == std::u32string::npos || line[equals] != U'=') continue;
        const std::size_t value = line.find_first_not_of(U" \t", equals + 1);
        if (value == std::u32string::npos) break;
        const ValueExtent extent = value_extent(line, value);
        std::fill(line.begin() + static_cast<std::ptrdiff_t>(extent.begin),
                  line.begin() + static_cast<std::ptrdiff_t>(extent.end), U'*');
        at = extent.end;
    }
}

/// Walks over TOML just far enough to tell keys from strings and comments, and counts the dots of each key.
class KeyScanner {
  public:
    explicit KeyScanner(std::string_view text) : text_(text) {}

    std::optional<unsigned> find() {
        while (position_ < text_.size()) {
            const char c = text_[position_];
            if (c == '"' || c == '\'') {
                skip_string(c);
                continue;
            }
            if (c == '#') skip_to_newline();
            if (ends_key(c)) dots_ = 0;
            if (c == '.' && ++dots_ >= maximum_key_depth) return line_;
            advance();
        }
        return std::nullopt;
    }

  private:
    static bool ends_key(char c) { return std::string_view("=,[]{}#\n").find(c) != std::string_view::npos; }

    void advance() {
        if (position_ < text_.size() && text_[position_++] == '\n') ++line_;
    }

    void skip_to_newline() {
        while (position_ + 1 < text_.size() && text_[position_ + 1] != '\n')
            ++position_;
    }

    void skip_string(char quote) {
        const std::string triple(3, quote);
        const bool multiline = text_.substr(position_, 3) == triple;
        for (std::size_t i = multiline ? 3 : 1; i > 0; --i)
            advance();
        while (position_ < text_.size()) {
            const char c = text_[position_];
            if (!multiline && c == '\n') return;
            if (multiline && text_.substr(position_, 3) == triple) {
                position_ += 3;
                return;
            }
            if (c == '\\' && quote == '"') advance();
            advance();
            if (!multiline && c == quote) return;
        }
    }

    std::string_view text_;
    std::size_t position_ = 0;
    unsigned line_ = 1;
    unsigned dots_ = 0;
};

}  // namespace

std::u32string decode_utf8(std::string_view text) {
    std::u32string points;
    while (!text.empty()) {
        const auto [point, length] = decode_one(text);
        points += point;
        text.remove_prefix(length);
    }
    return points;
}

std::string encode_utf8(std::u32string_view text) {
    std::string out;
    const auto put = [&](char32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
    for (const char32_t point : text) {
        if (point < 0x80) {
            put(point);
        } else if (point < 0x800) {
            put(0xc0 | (point >> 6));
            put(0x80 | (point & 0x3f));
        } else if (point < 0x10000) {
            put(0xe0 | (point >> 12));
            put(0x80 | ((point >> 6) & 0x3f));
            put(0x80 | (point & 0x3f));
        } else {
            put(0xf0 | (point >> 18));
            put(0x80 | ((point >> 12) & 0x3f));
            put(0x80 | ((point >> 6) & 0x3f));
            put(0x80 | (point & 0x3f));
        }
    }
    return out;
}

std::string printable(std::string_view text) {
    std::u32string points = decode_utf8(text);
    std::replace_if(
        points.begin(), points.end(), [](char32_t c) { return is_unprintable(c) && c != U'\t'; },
        replacement);
    return encode_utf8(points);
}

std::string without_noncharacters(std::string_view text) {
    std::u32string points = decode_utf8(text);
    std::replace_if(points.begin(), points.end(), is_noncharacter, replacement);
    return encode_utf8(points);
}

std::string in_quotes(std::string_view text) {
    std::u32string points = decode_utf8(text);
    std::replace_if(points.begin(), points.end(), is_unprintable, replacement);
    if (points.size() > quoted_length) points = points.substr(0, quoted_length) + U"…";
    return '"' + encode_utf8(points) + '"';
}

std::string path_part(std::string_view key) {
    const bool bare = !key.empty() && key.find_first_not_of(bare_characters) == std::string_view::npos;
    return bare && key.size() <= quoted_length ? std::string(key) : in_quotes(key);
}

std::string in_path_quotes(std::string_view text) {
    std::u32string points = decode_utf8(text);
    std::replace_if(points.begin(), points.end(), is_unprintable, replacement);
    return '"' + encode_utf8(points) + '"';
}

std::string mask_secrets(const std::string& text, const std::vector<std::string>& names) {
    std::u32string line = decode_utf8(text);
    for (const std::u32string_view word : always_secret)
        mask_values_of(line, word);
    for (const std::string& name : names)
        mask_values_of(line, decode_utf8(name));
    return encode_utf8(line);
}

SourceText::SourceText(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines_.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

bool SourceText::has_line_beginning(std::string_view text) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](auto line) { return line.starts_with(text); });
}

std::string SourceText::line(unsigned number) const {
    if (number == 0 || number > lines_.size()) return {};
    return mask_secrets(printable(lines_[number - 1]), secrets_);
}

std::optional<unsigned> find_deep_key(std::string_view text) {
    return KeyScanner(text).find();
}

}  // namespace regent::config
