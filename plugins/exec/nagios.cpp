// SPDX-License-Identifier: Apache-2.0
#include "nagios.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "regent/abi/result.h"

namespace regent::plugins::exec {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Takes the first line off `rest`.
std::string_view take_line(std::string_view& rest) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

/// How many bytes the UTF-8 character at the begin of `text` has; 0: it is none.
std::size_t character_size(std::string_view text) {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned first = byte(0);
    const std::size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (size == 0 || first > 0xf4 || size > text.size()) return 0;
    for (std::size_t index = 1; index < size; ++index) {
        if ((byte(index) & 0xc0) != 0x80) return 0;
    }
    // Too long a form, a surrogate, beyond the last character.
    const unsigned second = size > 1 ? byte(1) : 0;
    const bool wrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                       (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return wrong ? 0 : size;
}

std::string message(std::string_view text) {
    std::string made;
    text = trimmed(text);
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        const bool fit = size > 1 || (size == 1 && text[0] >= ' ' && text[0] != 0x7f);
        if (made.size() + std::max<std::size_t>(size, 1) > REGENT_MESSAGE_MAX) break;
        made += fit ? text.substr(0, size) : std::string_view(".");
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return made;
}

/// What a unit of measurement is worth in seconds or bytes; nothing for one that is not known.
std::optional<double> factor_of(std::string_view unit) {
    struct Unit {
        std::string_view name;
        double factor;
    };
    static constexpr double kibi = 1024;
    static constexpr std::array units{Unit{"", 1},
                                      Unit{"s", 1},
                                      Unit{"ms", 1e-3},
                                      Unit{"us", 1e-6},
                                      Unit{"ns", 1e-9},
                                      Unit{"%", 1},
                                      Unit{"c", 1},
                                      Unit{"B", 1},
                                      Unit{"KB", kibi},
                                      Unit{"MB", kibi * kibi},
                                      Unit{"GB", kibi * kibi * kibi},
                                      Unit{"TB", kibi * kibi * kibi * kibi}};
    for (const Unit& known : units) {
        if (known.name == unit) return known.factor;
    }
    return std::nullopt;
}

std::optional<double> value_of(std::string_view text) {
    text = text.substr(0, text.find(';'));
    if (text.starts_with('+')) text.remove_prefix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
    const auto factor = factor_of(text.substr(static_cast<std::size_t>(end - text.data())));
    if (!factor || !std::isfinite(number * *factor)) return std::nullopt;
    return number * *factor;
}

/// A label may be anything, the name of a metric may not.
std::string name_of(std::string_view label) {
    constexpr std::size_t maximum = 64;
    std::string name;
    for (const char letter : label.substr(0, maximum)) {
        const bool digit = letter >= '0' && letter <= '9';
        const bool fits = digit || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
        if (digit && name.empty()) name += '_';
        name += fits ? letter : '_';
    }
    return name.substr(0, maximum);
}

/// Takes 'label'= or label= off `rest`; within quotes two quotes stand for one. Nothing: there is none.
std::optional<std::string> take_label(std::string_view& rest) {
    std::string label;
    const bool quoted = rest.starts_with('\'');
    if (quoted) rest.remove_prefix(1);
    while (!rest.empty()) {
        const char letter = rest.front();
        rest.remove_prefix(1);
        if (quoted && letter == '\'') {
            if (!rest.starts_with('\'')) {
                if (!rest.starts_with('=')) return std::nullopt;
                rest.remove_prefix(1);
                return label;
            }
            rest.remove_prefix(1);
        } else if (!quoted && letter == '=') {
            return label;
        } else if (!quoted && blanks.find(letter) != std::string_view::npos) {
            return std::nullopt;
        }
        label += letter;
    }
    return std::nullopt;
}

void read_metrics(std::string_view rest, std::vector<sdk::Metric>& metrics) {
    while (metrics.size() < REGENT_METRIC_MAX) {
        rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
        if (rest.empty()) return;
        const auto label = take_label(rest);
        if (!label) continue;
        const auto end = std::min(rest.find_first_of(blanks), rest.size());
        const auto value = value_of(rest.substr(0, end));
        rest.remove_prefix(end);
        if (!value || label->empty()) continue;
        const std::string name = name_of(*label);
        const bool known = std::any_of(metrics.begin(), metrics.end(),
                                       [&](const sdk::Metric& metric) { return metric.name == name; });
        if (!known) metrics.push_back({name, *value});
    }
}

}  // namespace

Output read_output(std::string_view text) {
    Output output;
    const std::string_view line = take_line(text);
    const auto bar = line.find('|');
    output.message = message(line.substr(0, bar));
    if (bar != std::string_view::npos) read_metrics(line.substr(bar + 1), output.metrics);
    const auto second = text.find('|');
    if (second != std::string_view::npos) read_metrics(text.substr(second + 1), output.metrics);
    return output;
}

std::string first_line(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = trimmed(take_line(text));
        if (!line.empty()) return message(line);
    }
    return {};
}

sdk::State state_of(int exit_status) {
    switch (exit_status) {
        case 0: return sdk::State::up;
        case 1: return sdk::State::degraded;
        case 2: return sdk::State::down;
        default: return sdk::State::unknown;
    }
}

}  // namespace regent::plugins::exec
