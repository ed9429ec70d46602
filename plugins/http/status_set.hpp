// SPDX-License-Identifier: Apache-2.0
// Which HTTP statuses are good, as a person writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace regent::plugins::http {

class StatusSet {
  public:
    /// "200", "200-299" or "2xx"; statuses from 100 to 599. False, and nothing changes: it is none of these.
    bool add(std::string_view text);
    bool holds(long status) const;
    /// "200 or 300-399"
    std::string words() const;

  private:
    struct Range {
        long first;
        long last;
    };
    static std::optional<Range> parse(std::string_view text);

    std::vector<Range> ranges_;
};

}  // namespace regent::plugins::http
