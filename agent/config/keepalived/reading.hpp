// SPDX-License-Identifier: Apache-2.0
// What the readers of all blocks share: one value of a statement, and what happens to a statement that cannot
// be carried over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/config/keepalived/keywords.hpp"
#include "agent/config/keepalived/model.hpp"
#include "agent/config/keepalived/tree.hpp"

namespace regent::config::keepalived {

/// A TOML string; what is not UTF-8 in `text` becomes U+FFFD.
std::string toml_text(std::string_view text);

/// A whole number as TOML; anything else as a string, which the check of the result refuses by name.
std::string toml_number(std::string_view text);
std::optional<int> number_of(std::string_view text);

/// Seconds with up to nine decimals, as in "2.5"; at most seven days.
std::optional<Duration> seconds_of(std::string_view text);

/// keepalived's words for yes and no.
std::optional<bool> truth_of(std::string_view text);

/// The statement on one line, for a comment: printable, cut after 100 characters; of what may hold a secret
/// the keyword alone.
std::string shown(const Statement& statement);

class Reading {
  public:
    explicit Reading(Findings& findings) : findings_(findings) {}

    Findings& findings() const { return findings_; }

    /// A warning, and a comment in the table: keepalived's setting has no counterpart here, but neither a
    /// virtual address nor a check is lost.
    void leave_out(Table& table, const Statement& statement, std::string_view why) const;
    /// The same without the statement's words.
    void remark(Table& table, const Spot& spot, const std::string& keyword, const std::string& text,
                std::string code = "unsupported", std::string hint = {}) const;

    /// An error, and a comment in the table: a virtual address or a check would be lost.
    void lose(Table& table, const Statement& statement, std::string_view why, std::string hint) const;

    /// A keyword that no handler takes: left out for a known reason, or an error. `handled` are those with
    /// one.
    void other(Table& table, const Statement& statement, Block block,
               const std::vector<std::string>& handled) const;

    /// The only value of a statement; otherwise an error, and nothing.
    std::optional<Given<std::string>> value(const Statement& statement) const;
    /// The same as seconds, in TOML.
    std::optional<Given<std::string>> seconds(const Statement& statement) const;
    /// The same as yes or no; alone it is yes.
    bool truth(const Statement& statement) const;
    /// The name behind the keyword of a block; otherwise an error, and nothing.
    std::optional<std::string> block_name(const Statement& statement) const;

    /// `weight N [reverse|noreverse]`, from word `at` of the statement on, which must be its end.
    std::optional<Weight> weight(const Statement& statement, std::size_t at) const;

  private:
    Findings& findings_;
};

}  // namespace regent::config::keepalived
