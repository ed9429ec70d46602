// SPDX-License-Identifier: Apache-2.0
// Values as JSON, by the Fields and Words of their types.
#pragma once

#include <concepts>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/ip_address.hpp"
#include "agent/base/mac_address.hpp"
#include "agent/base/time.hpp"
#include "agent/record/fields.hpp"
#include "agent/record/text_value.hpp"

namespace regent::record {

using Json = nlohmann::ordered_json;

inline Json written(std::integral auto value) {
    return value;
}
template <Worded E>
Json written(E value) {
    return std::string(Words<E>::word(value));
}
/// Names and messages come from the kernel and from programs: not all of it is UTF-8.
inline Json written(const std::string& text) {
    if (is_utf8(text)) return text;
    return Json{{"hex", to_hex(ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()))}};
}
inline Json written(const Bytes& bytes) {
    return to_hex(bytes);
}
inline Json written(const IpAddress& address) {
    return address.to_string();
}
inline Json written(const MacAddress& address) {
    return address.to_string();
}
/// Nanoseconds.
inline Json written(Duration duration) {
    return duration.count();
}
/// Nanoseconds of CLOCK_MONOTONIC.
inline Json written(Instant instant) {
    return instant.time_since_epoch().count();
}
template <Described T>
Json written(const T& value);
template <class... Alternatives>
Json written(const std::variant<Alternatives...>& value);

template <class T>
Json written(const std::vector<T>& list) {
    Json items = Json::array();
    for (const auto& item : list)
        items.push_back(written(item));
    return items;
}
template <class T>
Json written(const std::shared_ptr<const T>& shared) {
    return written(*shared);
}

template <class T>
void write_member(Json& object, std::string_view name, const T& value) {
    object[std::string(name)] = written(value);
}
/// Nothing is nothing.
template <class T>
void write_member(Json& object, std::string_view name, const std::optional<T>& value) {
    if (value) write_member(object, name, *value);
}

template <Described T>
Json written(const T& value) {
    Json object = Json::object();
    std::apply([&](const auto&... field) { (write_member(object, field.name, value.*field.member), ...); },
               Fields<T>::all_fields);
    return object;
}

/// An object with one member, which is named as the alternative's type.
template <class... Alternatives>
Json written(const std::variant<Alternatives...>& value) {
    return std::visit(
        [](const auto& what) {
            Json object = Json::object();
            write_member(object, Fields<std::decay_t<decltype(what)>>::type_name, what);
            return object;
        },
        value);
}

}  // namespace regent::record
