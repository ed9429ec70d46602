// SPDX-License-Identifier: Apache-2.0
// Random checks and notifiers, and what random settings are made of.
#pragma once

#include <rapidcheck.h>
#include <string>
#include <string_view>

#include "agent/config/duration_text.hpp"
#include "agent/config/plan.hpp"

namespace regent::config::test {

/// From `least` to `most`, both included; at full size from the first case on.
template <class T>
T any(T least, T most) {
    const auto range =
        rc::gen::inRange<std::int64_t>(static_cast<std::int64_t>(least), static_cast<std::int64_t>(most) + 1);
    return static_cast<T>(*rc::gen::resize(rc::kNominalSize, range));
}

inline bool coin() {
    return *rc::gen::arbitrary<bool>();
}

inline Duration any_duration(Duration least = Duration::zero(), Duration most = maximum_duration) {
    return Duration(any<std::int64_t>(least.count(), most.count()));
}

inline std::string any_text(std::string_view characters, std::size_t least, std::size_t most) {
    std::string text(any(least, most), ' ');
    for (char& c : text)
        c = characters[any<std::size_t>(0, characters.size() - 1)];
    return text;
}

inline std::string any_name(std::size_t number) {
    return any_text("abcXYZ09_-.:@", 0, 20) + std::to_string(number);
}

/// Of a type of fake_plugins.hpp, every value as its schema allows.
CheckPlan any_check(const std::string& name);
NotifierPlan any_notifier(const std::string& name);

}  // namespace regent::config::test
