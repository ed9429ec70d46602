// SPDX-License-Identifier: Apache-2.0
// Reading parameters, by the names under which they were declared. The agent has checked them: what is
// required is there, and every range holds.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "regent/param.hpp"

namespace regent::sdk {

using Duration = std::chrono::nanoseconds;

/// Valid only during the constructor (or `validate`) that it is handed to: copy what is needed.
class Values {
  public:
    Values(std::span<const Param> params, std::span<const regent_value> values)
        : params_(params), values_(values) {}

    /// Whether it stands in the file or has a default.
    bool has(std::string_view name) const { return at(name).is_set != 0; }

    bool boolean(std::string_view name) const { return at(name).integer != 0; }
    std::int64_t integer(std::string_view name) const { return at(name).integer; }
    double real(std::string_view name) const { return at(name).number; }
    std::string text(std::string_view name) const { return std::string(from_abi(at(name).text)); }
    Duration duration(std::string_view name) const { return Duration(at(name).integer); }
    std::uint16_t port(std::string_view name) const { return static_cast<std::uint16_t>(at(name).integer); }
    std::optional<std::string> text_if_set(std::string_view name) const {
        return has(name) ? std::optional(text(name)) : std::nullopt;
    }

    /// A list parameter; empty when it is not set.
    std::vector<std::string> texts(std::string_view name) const {
        std::vector<std::string> list;
        for (const regent_value& item : items(name))
            list.emplace_back(from_abi(item.text));
        return list;
    }
    std::vector<std::int64_t> integers(std::string_view name) const {
        std::vector<std::int64_t> list;
        for (const regent_value& item : items(name))
            list.push_back(item.integer);
        return list;
    }

    /// Where a parameter stands in the schema: what `Blame` wants.
    std::uint32_t index_of(std::string_view name) const {
        for (std::size_t index = 0; index < params_.size(); ++index) {
            if (params_[index].name() == name) return static_cast<std::uint32_t>(index);
        }
        throw std::logic_error("the schema has no parameter " + std::string(name));
    }

  private:
    const regent_value& at(std::string_view name) const { return values_[index_of(name)]; }
    std::span<const regent_value> items(std::string_view name) const {
        const regent_value& value = at(name);
        return {value.items, value.item_count};
    }

    std::span<const Param> params_;
    std::span<const regent_value> values_;
};

/// Thrown by a constructor or by `validate` to blame one parameter: the agent tells the person its line and
/// column.
class Blame : public std::runtime_error {
  public:
    Blame(const Values& values, std::string_view param, const std::string& sentence)
        : std::runtime_error(sentence), param_index(values.index_of(param)) {}
    const std::uint32_t param_index;
};

}  // namespace regent::sdk
