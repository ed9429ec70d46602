// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/record/any_input.hpp"

#include <limits>
#include <rapidcheck.h>

#include "agent/record/input_fields.hpp"
#include "agent/record/reading.hpp"

namespace regent::record::test {
namespace {

std::uint64_t below(std::uint64_t count) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()) % count;
}

void fill(bool& value) {
    value = below(2) == 1;
}
void fill(std::integral auto& value) {
    using Limits = std::numeric_limits<std::decay_t<decltype(value)>>;
    const auto random = static_cast<std::decay_t<decltype(value)>>(*rc::gen::arbitrary<std::uint64_t>());
    const auto small = static_cast<std::decay_t<decltype(value)>>(below(4));
    value = std::array{small, random, Limits::min(), Limits::max()}[below(4)];
}
template <Worded E>
void fill(E& value) {
    value = Words<E>::values[below(Words<E>::values.size())];
}
void fill(Bytes& bytes) {
    bytes = *rc::gen::arbitrary<Bytes>();
}
/// Texts that people write, and those that are none.
void fill(std::string& text) {
    const std::vector<std::string> parts{
        "VI_1", "enp0s3", " ", "\"", "\\", "\n", "ä", "\xff", "€", "\x7f", std::string(1, '\0')};
    text.clear();
    for (auto left = below(5); left > 0; --left)
        text += parts[below(parts.size())];
}
void fill(IpAddress& address) {
    Bytes bytes(below(2) == 0 ? 4 : 16);
    for (auto& byte : bytes)
        fill(byte);
    address = *IpAddress::from_bytes(bytes);
}
void fill(MacAddress& address) {
    for (auto& byte : address.bytes)
        fill(byte);
}
void fill(Duration& duration) {
    duration = Duration(below(static_cast<std::uint64_t>(longest_duration.count()) + 1));
}
void fill(Instant& instant) {
    instant = Instant(Duration(below(static_cast<std::uint64_t>(longest_uptime.count()) + 1)));
}
template <Described T>
void fill(T& value);

template <class T>
void fill(std::optional<T>& value) {
    value.reset();
    if (below(2) == 1) fill(value.emplace());
}
template <class T>
void fill(std::vector<T>& list) {
    list.resize(below(3));
    for (auto& item : list)
        fill(item);
}
template <class T>
void fill(std::shared_ptr<const T>& shared) {
    auto value = std::make_shared<T>();
    fill(*value);
    shared = std::move(value);
}
template <Described T>
void fill(T& value) {
    std::apply([&](const auto&... field) { (fill(value.*field.member), ...); }, Fields<T>::all_fields);
}

template <std::size_t... Kinds>
core::Input any_of(std::size_t kind, std::index_sequence<Kinds...>) {
    core::Input input;
    const auto take = [&]<std::size_t Kind>(std::integral_constant<std::size_t, Kind>) {
        if (Kind == kind) fill(input.emplace<Kind>());
    };
    (take(std::integral_constant<std::size_t, Kinds>{}), ...);
    return input;
}

template <class T>
bool equal(const T& one, const T& other);

template <class T>
bool equal(const std::shared_ptr<const T>& one, const std::shared_ptr<const T>& other) {
    return *one == *other;
}
template <class T>
bool equal(const T& one, const T& other) {
    if constexpr (std::equality_comparable<T>) {
        return one == other;
    } else {
        return std::apply(
            [&](const auto&... field) { return (equal(one.*field.member, other.*field.member) && ...); },
            Fields<T>::all_fields);
    }
}

}  // namespace

core::Input any_input(std::size_t kind) {
    return any_of(kind, std::make_index_sequence<std::variant_size_v<core::Input>>{});
}

bool same(const core::Input& one, const core::Input& other) {
    if (one.index() != other.index()) return false;
    return std::visit(
        [&](const auto& what) { return equal(what, std::get<std::decay_t<decltype(what)>>(other)); }, one);
}

}  // namespace regent::record::test
