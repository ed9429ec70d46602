// SPDX-License-Identifier: Apache-2.0
#include "agent/config/duration_text.hpp"

#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <optional>

namespace regent::config {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};
constexpr std::array<Unit, 6> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"ms", 1'000'000},
                                     {"s", 1'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"h", 3'600'000'000'000}}};

constexpr std::string_view digits = "0123456789";
constexpr std::size_t longest_number = 18;  ///< digits on either side of the point: fits 64 bits

std::optional<std::int64_t> unit_length(std::string_view name) {
    for (const Unit& unit : units) {
        if (unit.name == name) return unit.nanoseconds;
    }
    return std::nullopt;
}

std::int64_t to_number(std::string_view text) {
    std::int64_t value = 0;
    for (const char c : text)
        value = value * 10 + (c - '0');
    return value;
}

/// `fraction` digits after the point, of `unit` nanoseconds; nothing when they are no whole nanoseconds.
std::optional<std::int64_t> fraction_of(std::string_view fraction, std::int64_t unit) {
    std::int64_t nanoseconds = 0;
    for (const char c : fraction) {
        if (unit % 10 != 0 && c != '0') return std::nullopt;
        unit /= 10;
        nanoseconds += (c - '0') * unit;
    }
    return nanoseconds;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    const std::size_t whole_end = std::min(text.find_first_not_of(digits), text.size());
    const std::string_view whole = text.substr(0, whole_end);
    if (text.starts_with('-')) return failure("is negative");
    if (whole.empty()) return failure("is not a number with a unit");
    std::string_view rest = text.substr(whole_end);
    std::string_view fraction;
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        fraction = rest.substr(0, std::min(rest.find_first_not_of(digits), rest.size()));
        if (fraction.empty()) return failure("has no digit after the point");
        rest.remove_prefix(fraction.size());
    }
    if (rest.empty()) return failure("has no unit");
    const auto unit = unit_length(rest);
    if (!unit) return failure("has an unknown unit");
    if (whole.size() > longest_number || fraction.size() > longest_number)
        return failure("has too many digits");
    const std::int64_t limit = maximum_duration.count();
    const std::int64_t count = to_number(whole);
    const auto part = fraction_of(fraction, *unit);
    if (!part) return failure("is not a whole number of nanoseconds");
    if (count > limit / *unit || count * *unit > limit - *part) return failure("is longer than 168h");
    return Duration(count * *unit + *part);
}

std::string format_duration(Duration duration) {
    if (duration == Duration::zero()) return "0s";
    Unit largest = units.front();
    for (const Unit& unit : units) {
        if (duration.count() % unit.nanoseconds == 0) largest = unit;
    }
    return fmt::format("{}{}", duration.count() / largest.nanoseconds, largest.name);
}

}  // namespace regent::config
