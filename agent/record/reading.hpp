// SPDX-License-Identifier: Apache-2.0
// Values from JSON that may be anybody's: what is missing, unknown, of another type or out of range is an
// error that says where it stands.
#pragma once

#include <algorithm>
#include <concepts>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/ip_address.hpp"
#include "agent/base/mac_address.hpp"
#include "agent/base/text.hpp"
#include "agent/base/time.hpp"
#include "agent/record/fields.hpp"
#include "agent/record/text_value.hpp"

namespace regent::record {

using Json = nlohmann::ordered_json;

/// What is wrong; caught where a line ends.
struct Malformed {
    std::string text;
};

/// Beyond these nobody waits or has run; sums of a few of them fit into 64 bits.
constexpr Duration longest_duration = std::chrono::hours(7 * 24);  // as agent/config has it
constexpr Duration longest_uptime = std::chrono::hours(24 * 366 * 100);

/// A value and the way to it, as "input.ConfigApplied.settings.instances[3].ttl".
class Cursor {
  public:
    Cursor(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

    [[noreturn]] void fail(const std::string& what) const {
        throw Malformed{path_.empty() ? what : concat(path_, ": ", what)};
    }
    const Json& json() const { return json_; }
    bool is_null() const { return json_.is_null(); }
    const Json& object() const {
        if (!json_.is_object()) fail("an object is wanted");
        return json_;
    }
    std::optional<Cursor> member(std::string_view name) const {
        const auto found = object().find(std::string(name));
        if (found == json_.end()) return std::nullopt;
        return Cursor(*found, path_of(name));
    }
    Cursor item(std::size_t index) const { return {json_[index], concat(path_, "[", index, "]")}; }
    std::string path_of(std::string_view name) const {
        return path_.empty() ? std::string(name) : concat(path_, ".", name);
    }
    std::string text() const {
        if (!json_.is_string()) fail("a text is wanted");
        return json_.get<std::string>();
    }

  private:
    const Json& json_;
    std::string path_;
};

inline void read(const Cursor& at, bool& value) {
    if (!at.json().is_boolean()) at.fail("true or false is wanted");
    value = at.json().get<bool>();
}

template <std::integral T>
void read(const Cursor& at, T& value) {
    using Limits = std::numeric_limits<T>;
    if (!at.json().is_number_integer()) at.fail("an integer is wanted");
    const bool fits = at.json().is_number_unsigned() ? std::in_range<T>(at.json().get<std::uint64_t>())
                                                     : std::in_range<T>(at.json().get<std::int64_t>());
    if (!fits) at.fail(concat(at.json().dump(), " is not within ", +Limits::min(), " and ", +Limits::max()));
    value = at.json().get<T>();
}

template <Worded E>
void read(const Cursor& at, E& value) {
    const auto word = at.text();
    const auto& values = Words<E>::values;
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](E candidate) { return Words<E>::word(candidate) == word; });
    if (found == values.end()) {
        std::string known;
        for (const E candidate : values)
            known += concat(known.empty() ? "" : ", ", Words<E>::word(candidate));
        at.fail(concat("\"", word, "\" is none of ", known));
    }
    value = *found;
}

inline void read(const Cursor& at, Bytes& bytes) {
    auto found = from_hex(at.text());
    if (!found) at.fail("bytes are wanted, two lower-case hexadecimal digits each");
    bytes = std::move(*found);
}

inline void read(const Cursor& at, std::string& text) {
    if (!at.json().is_object()) {
        text = at.text();
        return;
    }
    const auto hex = at.member("hex");
    if (!hex || at.json().size() != 1) at.fail("a text is wanted, or an object with \"hex\" alone");
    Bytes bytes;
    read(*hex, bytes);
    text.assign(bytes.begin(), bytes.end());
}

inline void read(const Cursor& at, IpAddress& address) {
    const auto found = IpAddress::parse(at.text());
    if (!found) at.fail(concat("\"", at.text(), "\" is not an IP address"));
    address = *found;
}

inline void read(const Cursor& at, MacAddress& address) {
    const auto found = parse_mac(at.text());
    if (!found) at.fail(concat("\"", at.text(), "\" is not a hardware address"));
    address = *found;
}

inline void read(const Cursor& at, Duration& duration) {
    Duration::rep ns = 0;
    read(at, ns);
    if (ns < 0 || ns > longest_duration.count()) at.fail(concat(ns, " ns is not within 0 and seven days"));
    duration = Duration(ns);
}

inline void read(const Cursor& at, Instant& instant) {
    Duration::rep ns = 0;
    read(at, ns);
    if (ns < 0 || ns > longest_uptime.count()) at.fail(concat(ns, " ns is not within 0 and a hundred years"));
    instant = Instant(Duration(ns));
}

template <Described T>
void read(const Cursor& at, T& value);
template <class... Alternatives>
void read(const Cursor& at, std::variant<Alternatives...>& value);

template <class T>
void read(const Cursor& at, std::vector<T>& list) {
    if (!at.json().is_array()) at.fail("a list is wanted");
    list.resize(at.json().size());
    for (std::size_t index = 0; index < list.size(); ++index)
        read(at.item(index), list[index]);
}

template <class T>
void read(const Cursor& at, std::shared_ptr<const T>& shared) {
    auto value = std::make_shared<T>();
    read(at, *value);
    shared = std::move(value);
}

template <class T>
void read_member(const Cursor& at, std::string_view name, T& value) {
    const auto found = at.member(name);
    if (!found) at.fail(concat("\"", name, "\" is missing"));
    read(*found, value);
}
template <class T>
void read_member(const Cursor& at, std::string_view name, std::optional<T>& value) {
    const auto found = at.member(name);
    value.reset();
    if (found && !found->is_null()) read(*found, value.emplace());
}

template <Described T>
void read(const Cursor& at, T& value) {
    std::apply(
        [&](const auto&... field) {
            for (const auto& [key, unused] : at.object().items()) {
                if (!((field.name == key) || ...)) at.fail(concat("\"", key, "\" is unknown"));
            }
            (read_member(at, field.name, value.*field.member), ...);
        },
        Fields<T>::all_fields);
}

template <class... Alternatives>
void read(const Cursor& at, std::variant<Alternatives...>& value) {
    if (at.object().size() != 1) at.fail("an object with one member is wanted");
    const std::string key = at.json().begin().key();
    const auto take = [&]<class T>(std::in_place_type_t<T>) {
        if (Fields<T>::type_name != key) return false;
        T alternative;
        read(*at.member(key), alternative);
        value = std::move(alternative);
        return true;
    };
    if (!(take(std::in_place_type<Alternatives>) || ...)) at.fail(concat("\"", key, "\" is unknown"));
}

}  // namespace regent::record
