// SPDX-License-Identifier: Apache-2.0
// What follows the words of a command, as its declaration says that it is to be read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/ctl/command.hpp"

namespace regent::ctl {

class Arguments {
  public:
    std::vector<std::string> operands;

    /// Whether a switch was given. One that the command does not have is a bug: throws std::out_of_range.
    bool is(std::string_view name) const { return switches_.at(std::string(name)); }
    /// Of an option, if it was given; as above.
    const std::optional<std::string>& value(std::string_view name) const {
        return values_.at(std::string(name));
    }

  private:
    friend Arguments parse_arguments(const std::vector<std::string>& words, const Command& command);

    std::map<std::string, bool> switches_;
    std::map<std::string, std::optional<std::string>> values_;
};

/// `words`: what follows those of the command, in any order. Throws UsageError.
Arguments parse_arguments(const std::vector<std::string>& words, const Command& command);

/// The value of an option as a time, if it was given: "250ms", "3s". Throws UsageError.
std::optional<Duration> duration_value(const Arguments& given, std::string_view name);

}  // namespace regent::ctl
