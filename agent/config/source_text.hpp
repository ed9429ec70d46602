// SPDX-License-Identifier: Apache-2.0
// The text of a configuration file as far as diagnostics need it: its lines, in a form that is safe to print
// and to log, and a guard in front of the TOML library.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace regent::config {

/// UTF-8 to code points; each byte that is not part of a valid sequence becomes U+FFFD. Never fails.
std::u32string decode_utf8(std::string_view text);
std::string encode_utf8(std::u32string_view text);

/// `text` as valid UTF-8 on one line: control characters except tab, noncharacters (U+FFFF and its like), and
/// broken sequences become U+FFFD.
std::string printable(std::string_view text);

/// The same, and control characters stay: as D-Bus takes it.
std::string without_noncharacters(std::string_view text);

/// `text` in double quotes for a message: printable and cut after 60 characters.
std::string in_quotes(std::string_view text);

/// A key as TOML writes it in a path: in quotes unless it is a bare key; cut and printable like in_quotes().
std::string path_part(std::string_view key);

/// `text` in double quotes for a message: printable and whole, for the name of a file.
std::string in_path_quotes(std::string_view text);

/// Diagnostics reach logs: the value of each key in the line `text` that ends in one of `names`, or in
/// `password`, `passphrase`, `secret`, `token` or `api_key`, is overwritten with as many `*`.
std::string mask_secrets(const std::string& text, const std::vector<std::string>& names = {});

class SourceText {
  public:
    explicit SourceText(std::string_view text);

    /// Names of further keys whose values line() masks.
    void add_secrets(const std::vector<std::string>& names) { secrets_ = names; }

    /// Line `number` from 1 on, printable and with secrets masked; empty when there is no such line.
    std::string line(unsigned number) const;

    /// Whether one begins so.
    bool has_line_beginning(std::string_view text) const;

    unsigned line_count() const { return static_cast<unsigned>(lines_.size()); }

  private:
    std::vector<std::string_view> lines_;
    std::vector<std::string> secrets_;
};

/// The number of parts a dotted key may have.
constexpr unsigned maximum_key_depth = 16;

/// The line of the first dotted key of more than maximum_key_depth parts, if there is one. toml++ 3.3 makes
/// one nested table of each part and frees them recursively: a key of some hundred thousand parts ends the
/// process.
std::optional<unsigned> find_deep_key(std::string_view text);

}  // namespace regent::config
