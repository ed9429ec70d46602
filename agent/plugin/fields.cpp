// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/fields.hpp"

#include <cmath>
#include <fmt/core.h>

#include "agent/config/source_text.hpp"

namespace regent::plugin {

Fields::Fields(const nlohmann::json& object) : object_(object) {
    if (!object_.is_object()) fail("no map");
}

const nlohmann::json* Fields::find(const char* key) {
    if (wrong_) return nullptr;
    const auto found = object_.find(key);
    if (found != object_.end()) return &*found;
    fail(fmt::format("{} is missing", key));
    return nullptr;
}

bool Fields::boolean(const char* key) {
    const auto* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) fail(fmt::format("{} is no boolean", key));
    return value->is_boolean() && value->get<bool>();
}

std::uint64_t Fields::natural(const char* key, std::uint64_t min, std::uint64_t max) {
    const auto* value = find(key);
    if (value == nullptr) return min;
    const auto* number = value->get_ptr<const nlohmann::json::number_unsigned_t*>();
    if (number == nullptr || *number < min || *number > max) {
        fail(fmt::format("{} is no number from {} to {}", key, min, max));
        return min;
    }
    return *number;
}

std::int64_t Fields::integer(const char* key, std::int64_t min, std::int64_t max) {
    const auto* value = find(key);
    if (value == nullptr) return min;
    const auto* natural = value->get_ptr<const nlohmann::json::number_unsigned_t*>();
    const bool fits = value->is_number_integer() && (natural == nullptr || *natural <= INT64_MAX);
    const auto number = fits ? value->get<std::int64_t>() : 0;
    if (!fits || number < min || number > max) {
        fail(fmt::format("{} is no number from {} to {}", key, min, max));
        return min;
    }
    return number;
}

double Fields::number(const char* key) {
    const auto* value = find(key);
    if (value == nullptr) return 0;
    const double number = value->is_number() ? value->get<double>() : std::nan("");
    if (std::isfinite(number)) return number;
    fail(fmt::format("{} is no finite number", key));
    return 0;
}

std::string Fields::text(const char* key, std::size_t limit) {
    const auto* value = find(key);
    if (value == nullptr) return {};
    const auto* text = value->get_ptr<const std::string*>();
    if (text == nullptr || text->size() > limit || !is_utf8(*text)) {
        fail(fmt::format("{} is no UTF-8 of at most {} bytes", key, limit));
        return {};
    }
    return *text;
}

std::string Fields::line(const char* key, std::size_t limit) {
    std::string given = text(key, limit);
    if (config::printable(given) == given) return given;
    fail(fmt::format("{} is no line of printable text", key));
    return {};
}

const nlohmann::json& Fields::array(const char* key, std::size_t limit) {
    static const auto none = nlohmann::json::array();
    const auto* value = find(key);
    if (value == nullptr) return none;
    if (value->is_array() && value->size() <= limit) return *value;
    fail(fmt::format("{} is no list of at most {} items", key, limit));
    return none;
}

bool is_utf8(std::string_view text) {
    return config::encode_utf8(config::decode_utf8(text)) == text;
}

}  // namespace regent::plugin
