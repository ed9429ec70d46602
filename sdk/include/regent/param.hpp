// SPDX-License-Identifier: Apache-2.0
// Declaring parameters:
//
//     static constexpr std::array params{
//         sdk::Param::text("host", "name or address to connect to").required(),
//         sdk::Param::duration("grace", "how long a restart may take").or_else("\"0s\""),
//     };
//
// Everything is constant: the tables stand in the shared object, and no code runs when it is loaded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "regent/abi/param.h"

namespace regent::sdk {

constexpr regent_str to_abi(std::string_view text) {
    return {text.data(), text.size()};
}
constexpr std::string_view from_abi(regent_str text) {
    return text.len == 0 ? std::string_view{} : std::string_view{text.ptr, text.len};
}

/// One parameter of a check or notifier type. What each kind takes: regent/abi/param.h.
class Param {
  public:
    static constexpr std::size_t maximum_choices = 8;

    static constexpr Param boolean(std::string_view name, std::string_view summary) {
        return {REGENT_PARAM_BOOL, name, summary};
    }
    static constexpr Param integer(std::string_view name, std::string_view summary) {
        return {REGENT_PARAM_INT, name, summary};
    }
    static constexpr Param real(std::string_view name, std::string_view summary) {
        return {REGENT_PARAM_FLOAT, name, summary};
    }
    static constexpr Param text(std::string_view name, std::string_view summary) {
        return {REGENT_PARAM_STRING, name, summary};
    }
    static constexpr Param duration(std::string_view name, std::string_view summary) {
        return {REGENT_PARAM_DURATION, name, summary};
    }
    static constexpr Param size(std::string_view name, std::string_view summary) {
        return {REGENT_PARAM_SIZE, name, summary};
    }
    static constexpr Param address(std::string_view name, std::string_view summary) {
        return {REGENT_PARAM_ADDRESS, name, summary};
    }
    static constexpr Param port(std::string_view name, std::string_view summary) {
        return {REGENT_PARAM_PORT, name, summary};
    }
    static constexpr Param path(std::string_view name, std::string_view summary) {
        return {REGENT_PARAM_PATH, name, summary};
    }
    template <std::size_t count>
    static constexpr Param choice(std::string_view name, std::string_view summary,
                                  const std::array<std::string_view, count>& choices) {
        static_assert(count <= maximum_choices);
        Param made{REGENT_PARAM_CHOICE, name, summary};
        for (std::size_t index = 0; index < count; ++index)
            made.choices_[index] = to_abi(choices[index]);
        made.abi_.choice_count = count;
        return made;
    }

    constexpr Param required() const { return with(REGENT_PARAM_REQUIRED); }
    constexpr Param list() const { return with(REGENT_PARAM_LIST); }
    constexpr Param secret() const { return with(REGENT_PARAM_SECRET); }
    constexpr Param deprecated() const { return with(REGENT_PARAM_DEPRECATED); }
    /// The default as it would stand in regent.toml: "5", "\"1s\"", "[80, 443]".
    constexpr Param or_else(std::string_view default_toml) const {
        Param changed = *this;
        changed.abi_.default_toml = to_abi(default_toml);
        return changed;
    }
    /// Bounds, both included: of the number, of the nanoseconds of a duration, of the length of a list.
    constexpr Param between(std::int64_t min, std::int64_t max) const {
        Param changed = *this;
        changed.abi_.min = min;
        changed.abi_.max = max;
        return changed;
    }

    constexpr std::string_view name() const { return from_abi(abi_.name); }
    /// `self` must have static storage: the table points into it.
    static constexpr regent_param abi_of(const Param& self) {
        regent_param made = self.abi_;
        made.choices = self.choices_.data();
        return made;
    }

  private:
    constexpr Param(std::uint32_t type, std::string_view name, std::string_view summary)
        : abi_{sizeof(regent_param), type, 0, 0, to_abi(name), to_abi(summary), {}, 0, 0, nullptr} {}
    constexpr Param with(std::uint32_t flag) const {
        Param changed = *this;
        changed.abi_.flags |= flag;
        return changed;
    }

    regent_param abi_;
    std::array<regent_str, maximum_choices> choices_{};
};

}  // namespace regent::sdk
