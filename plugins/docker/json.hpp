// SPDX-License-Identifier: Apache-2.0
// Reading JSON that may be anything at all, without an exception and without surprise.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/support/printable.hpp"

namespace regent::plugins::docker {

/// More than dockerd ever says. A level costs a hundred times the memory of the byte that opens it.
constexpr int maximum_depth = 32;

inline bool is_nested_too_deeply(std::string_view text) {
    int depth = 0;
    bool is_quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char letter = text[at];
        if (letter == '"') is_quoted = !is_quoted;
        if (is_quoted && letter == '\\') ++at;
        if (is_quoted) continue;
        if ((letter == '[' || letter == '{') && ++depth > maximum_depth) return true;
        if (letter == ']' || letter == '}') --depth;
    }
    return false;
}

/// Something that is_discarded() when `text` is no JSON, or is nested more deeply than the maximum.
inline nlohmann::json parse_json(std::string_view text) {
    if (is_nested_too_deeply(text)) return nlohmann::json::value_t::discarded;
    return nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
}

/// Null when `object` is none, or has none of this name, or it is null.
inline const nlohmann::json* member(const nlohmann::json& object, const char* name) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// "" when it is no text. Printable, at most `limit` bytes, and "..." if there is more.
inline std::string text_of(const nlohmann::json& object, const char* name, std::size_t limit) {
    const nlohmann::json* const found = member(object, name);
    const auto* const text = found == nullptr ? nullptr : found->get_ptr<const std::string*>();
    return text == nullptr ? std::string() : printable(*text, limit);
}

inline std::optional<bool> truth_of(const nlohmann::json& object, const char* name) {
    const nlohmann::json* const found = member(object, name);
    if (found == nullptr || !found->is_boolean()) return std::nullopt;
    return found->get<bool>();
}

/// Whole numbers that fit alone.
inline std::optional<long> number_of(const nlohmann::json& object, const char* name) {
    const nlohmann::json* const found = member(object, name);
    if (found == nullptr || !found->is_number_integer()) return std::nullopt;
    if (found->is_number_unsigned() && found->get<std::uint64_t>() > std::numeric_limits<long>::max())
        return std::nullopt;
    return found->get<long>();
}

/// Whether it can be a container's full id.
inline bool is_id(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace regent::plugins::docker
