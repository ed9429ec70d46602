// SPDX-License-Identifier: Apache-2.0
#include "agent/config/size_text.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/format.h>

namespace regent::config {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t bytes;
};
constexpr std::array<Unit, 5> binary_units{
    {{"B", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"TiB", 1LL << 40}}};
constexpr std::array<Unit, 4> decimal_units{
    {{"kB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"TB", 1'000'000'000'000}}};

constexpr std::size_t longest_number = 18;  ///< digits that fit 63 bits

const Unit* find_unit(std::string_view name) {
    const auto named = [&](const Unit& unit) { return unit.name == name; };
    const auto binary = std::find_if(binary_units.begin(), binary_units.end(), named);
    if (binary != binary_units.end()) return &*binary;
    const auto decimal = std::find_if(decimal_units.begin(), decimal_units.end(), named);
    return decimal != decimal_units.end() ? &*decimal : nullptr;
}

}  // namespace

Result<std::int64_t> parse_size(std::string_view text) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    if (text.starts_with('-')) return failure("is negative");
    if (end == 0 || text.substr(end).starts_with('.')) return failure("is not a whole number with a unit");
    if (end == text.size()) return failure("has no unit");
    const Unit* unit = find_unit(text.substr(end));
    if (unit == nullptr) return failure("has an unknown unit");
    if (end > longest_number) return failure("has too many digits");
    std::int64_t count = 0;
    for (const char c : text.substr(0, end))
        count = count * 10 + (c - '0');
    if (count > INT64_MAX / unit->bytes) return failure("is too large");
    return count * unit->bytes;
}

std::string format_size(std::int64_t bytes) {
    if (bytes == 0) return "0";
    Unit largest = binary_units.front();
    for (const Unit& unit : binary_units) {
        if (bytes % unit.bytes == 0) largest = unit;
    }
    if (largest.bytes == 1) return std::to_string(bytes);
    return fmt::format("{}{}", bytes / largest.bytes, largest.name);
}

}  // namespace regent::config
