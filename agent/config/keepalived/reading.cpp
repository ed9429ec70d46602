// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/reading.hpp"

#include <charconv>
#include <fmt/format.h>

#include "agent/config/suggest.hpp"
#include "agent/config/toml_writer.hpp"

namespace regent::config::keepalived {

namespace {

constexpr std::size_t longest_shown = 100;

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string toml_text(std::string_view text) {
    return toml_string(encode_utf8(decode_utf8(text)));
}

std::optional<int> number_of(std::string_view text) {
    const std::string_view digits = text.substr(!text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0);
    if (!is_digits(digits) || digits.size() > 9) return std::nullopt;
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return text[0] == '-' ? -value : value;
}

std::string toml_number(std::string_view text) {
    const auto number = number_of(text);
    return number ? std::to_string(*number) : toml_text(text);
}

std::optional<Duration> seconds_of(std::string_view text) {
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    std::string decimals(text.substr(std::min(point + 1, text.size())));
    const bool has_point = point < text.size();
    if (!is_digits(whole) || whole.size() > 6 || (has_point && !is_digits(decimals)) || decimals.size() > 9)
        return std::nullopt;
    decimals.resize(9, '0');
    std::int64_t nanoseconds = 0;
    std::from_chars(decimals.data(), decimals.data() + decimals.size(), nanoseconds);
    const Duration duration =
        std::chrono::seconds(number_of(whole).value_or(0)) + std::chrono::nanoseconds(nanoseconds);
    return duration <= maximum_duration ? std::optional(duration) : std::nullopt;
}

std::optional<bool> truth_of(std::string_view text) {
    if (text == "on" || text == "true" || text == "yes") return true;
    if (text == "off" || text == "false" || text == "no") return false;
    return std::nullopt;
}

std::string shown(const Statement& statement) {
    if (statement.keyword().find("auth") != std::string_view::npos) return printable(statement.keyword());
    std::string text;
    for (const Word& word : statement.words) {
        text += (text.empty() ? "" : " ") + word.text;
        if (text.size() > longest_shown) break;
    }
    text = printable(text);
    if (decode_utf8(text).size() > longest_shown)
        text = encode_utf8(decode_utf8(text).substr(0, longest_shown)) + "…";
    return statement.is_block ? text + " { … }" : text;
}

void Reading::leave_out(Table& table, const Statement& statement, std::string_view why) const {
    const std::string keyword(statement.keyword());
    findings_.warning(statement.spot, "unsupported", keyword,
                      fmt::format("{} is left out: {}", in_quotes(keyword), why));
    table.notes.push_back({statement.spot, fmt::format("{}: {}", shown(statement), why)});
}

void Reading::remark(Table& table, const Spot& spot, const std::string& keyword, const std::string& text,
                     std::string code, std::string hint) const {
    findings_.warning(spot, std::move(code), keyword, text, std::move(hint));
    table.notes.push_back({spot, text});
}

void Reading::lose(Table& table, const Statement& statement, std::string_view why, std::string hint) const {
    const std::string keyword(statement.keyword());
    const bool is_named = statement.is_block && statement.words.size() > 1;
    const std::string what =
        is_named ? fmt::format("{} {}", printable(keyword), in_quotes(statement.words[1].text))
                 : in_quotes(keyword);
    findings_.error(statement.spot, "lost", keyword, fmt::format("{} is lost: {}", what, why),
                    std::move(hint));
    table.notes.push_back({statement.spot, fmt::format("LOST: {}: {}", shown(statement), why)});
}

void Reading::other(Table& table, const Statement& statement, Block block,
                    const std::vector<std::string>& handled) const {
    if (statement.words.empty()) {
        return findings_.error(statement.spot, "syntax", "{", "this block has no name",
                               "a keyword stands in front of the brace");
    }
    if (const Keyword* keyword = find_keyword(block, statement.keyword())) {
        if (!keyword->why.empty()) leave_out(table, statement, keyword->why);
        return;
    }
    std::vector<std::string> names = keyword_names(block);
    names.insert(names.end(), handled.begin(), handled.end());
    const std::string keyword(statement.keyword());
    const auto meant = nearest(keyword, names);
    if (block == Block::root && keyword.starts_with('[')) {
        return findings_.error(statement.spot, "syntax", keyword, "this is TOML, not a keepalived.conf",
                               "a regent.toml needs no conversion: regentctl config check FILE");
    }
    findings_.error(statement.spot, "unknown_key", keyword,
                    fmt::format("unknown keyword {}", in_quotes(keyword)),
                    meant ? fmt::format("did you mean {}?", in_quotes(*meant))
                          : "if keepalived does without it, take it out or comment it out");
    table.notes.push_back({statement.spot, fmt::format("UNKNOWN: {}", shown(statement))});
}

std::optional<Given<std::string>> Reading::value(const Statement& statement) const {
    const std::string keyword(statement.keyword());
    if (statement.words.size() < 2) {
        findings_.error(statement.spot, "missing", keyword,
                        fmt::format("{} has no value", in_quotes(keyword)));
        return std::nullopt;
    }
    if (statement.words.size() > 2) {
        findings_.error(statement.spot_of(2), "bad_value", keyword,
                        fmt::format("{} behind the value of {}, which keepalived ignores",
                                    in_quotes(statement.words[2].text), in_quotes(keyword)),
                        "write one setting a line");
    }
    return Given<std::string>{statement.words[1].text, statement.spot_of(1)};
}

std::optional<Given<std::string>> Reading::seconds(const Statement& statement) const {
    const auto text = value(statement);
    if (!text) return std::nullopt;
    if (const auto duration = seconds_of(text->value)) {
        return Given<std::string>{toml_string(*duration), text->spot};
    }
    const std::string keyword(statement.keyword());
    findings_.error(
        text->spot, "bad_value", keyword,
        fmt::format("{} cannot be {}: seconds are meant", in_quotes(keyword), in_quotes(text->value)),
        "for example 1 or 0.25");
    return std::nullopt;
}

bool Reading::truth(const Statement& statement) const {
    if (statement.words.size() < 2) return true;
    const auto text = value(statement);
    const auto is = truth_of(text->value);
    if (is) return *is;
    const std::string keyword(statement.keyword());
    findings_.error(text->spot, "bad_value", keyword,
                    fmt::format("{} cannot be {}", in_quotes(keyword), in_quotes(text->value)),
                    "write on or off");
    return false;
}

std::optional<std::string> Reading::block_name(const Statement& statement) const {
    const std::string keyword(statement.keyword());
    if (!statement.is_block) {
        findings_.error(statement.spot, "syntax", keyword, fmt::format("{} has no block", in_quotes(keyword)),
                        fmt::format("for example: {} NAME {{ … }}", keyword));
        return std::nullopt;
    }
    const auto name = value(statement);
    return name ? std::optional(name->value) : std::nullopt;
}

std::optional<Weight> Reading::weight(const Statement& statement, std::size_t at) const {
    const auto refuse = [&](std::size_t word, std::string message) {
        findings_.error(statement.spot_of(word), "bad_value", "weight", std::move(message),
                        "for example: weight -20");
    };
    if (statement.words.size() == at + 1) {
        refuse(at, "the weight has no number");
        return std::nullopt;
    }
    const auto number = number_of(statement.words[at + 1].text);
    if (statement.words[at].text != "weight" || !number) {
        refuse(at, fmt::format("{} is no weight",
                               in_quotes(statement.words[at].text + " " + statement.words[at + 1].text)));
        return std::nullopt;
    }
    Weight weight{*number, false};
    for (std::size_t i = at + 2; i < statement.words.size(); ++i) {
        const std::string& word = statement.words[i].text;
        if (word == "reverse") {
            weight.reverse = true;
        } else if (word == "noreverse" || word == "no_reverse") {
            weight.reverse = false;
        } else {
            refuse(i, fmt::format("{} is not known behind a weight", in_quotes(word)));
        }
    }
    return weight;
}

}  // namespace regent::config::keepalived
