// SPDX-License-Identifier: Apache-2.0
#include "plugins/http/status_set.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace regent::plugins::http {
namespace {

/// Three digits, 100 to 599.
std::optional<long> status_of(std::string_view text) {
    long status = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, status);
    if (text.size() != 3 || error != std::errc{} || stopped != end) return std::nullopt;
    if (status < 100 || status > 599) return std::nullopt;
    return status;
}

}  // namespace

std::optional<StatusSet::Range> StatusSet::parse(std::string_view text) {
    if (text.size() == 3 && text.ends_with("xx")) {
        const long first = 100L * (text.front() - '0');
        return first >= 100 && first <= 500 ? std::optional(Range{first, first + 99}) : std::nullopt;
    }
    const std::size_t dash = text.find('-');
    const auto first = status_of(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : status_of(text.substr(dash + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    return Range{*first, *last};
}

bool StatusSet::add(std::string_view text) {
    const auto range = parse(text);
    if (range) ranges_.push_back(*range);
    return range.has_value();
}

bool StatusSet::holds(long status) const {
    return std::any_of(ranges_.begin(), ranges_.end(),
                       [&](const Range& range) { return range.first <= status && status <= range.last; });
}

std::string StatusSet::words() const {
    std::string words;
    for (std::size_t index = 0; index < ranges_.size(); ++index) {
        const auto [first, last] = ranges_[index];
        if (index > 0) words += index + 1 == ranges_.size() ? " or " : ", ";
        words += first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
    }
    return words;
}

}  // namespace regent::plugins::http
