// SPDX-License-Identifier: Apache-2.0
// Looks for a text in a body that comes in parts, and keeps no more of it than the text is long.
#pragma once

#include <string>
#include <string_view>

namespace regent::plugins::http {

class BodySearch {
  public:
    explicit BodySearch(std::string wanted) : wanted_(std::move(wanted)) { restart(); }

    void restart();
    void add(std::string_view part);
    /// An empty text is in every body.
    bool is_found() const { return is_found_; }
    const std::string& wanted() const { return wanted_; }

  private:
    std::string wanted_;
    std::string tail_;  ///< the end of what has come, shorter than what is wanted
    bool is_found_ = false;
};

}  // namespace regent::plugins::http
