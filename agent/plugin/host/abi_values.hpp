// SPDX-License-Identifier: Apache-2.0
// Values as the C structs that an operation is handed, and the error that it may write.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/config/schema.hpp"

#include "regent/abi/param.h"

namespace regent::plugin::host {

inline regent_str abi_text(std::string_view text) {
    return {text.data(), text.size()};
}

/// Whether `values` have the form that `type` declares, as far as a plugin would stumble over it: as many as
/// there are parameters, choices that exist, lists where lists are. Ranges are the agent's.
Result<void> check_form(const config::PluginType& type, const std::vector<config::Value>& values);

/// Valid as long as itself and the values that it was made of.
class AbiValues {
  public:
    explicit AbiValues(const std::vector<config::Value>& values);
    AbiValues(const AbiValues&) = delete;
    AbiValues& operator=(const AbiValues&) = delete;

    const regent_value* data() const { return values_.data(); }
    std::size_t size() const { return values_.size(); }

  private:
    std::vector<regent_value> values_;
    std::vector<std::vector<regent_value>> items_;
};

/// Room for a sentence of a plugin.
class AbiError {
  public:
    AbiError() = default;
    AbiError(const AbiError&) = delete;
    AbiError& operator=(const AbiError&) = delete;

    regent_error* get() { return &error_; }
    /// What was written, or `otherwise`.
    std::string text(std::string_view otherwise) const;
    /// Which parameter is to blame, if it is one of `count`.
    std::optional<std::uint32_t> parameter(std::size_t count) const;

  private:
    std::array<char, 1024> room_{};
    regent_error error_{sizeof(regent_error), REGENT_NO_PARAM, room_.data(), room_.size(), 0};
};

}  // namespace regent::plugin::host
