// SPDX-License-Identifier: Apache-2.0
// One table of the file, read key by key: every getter checks the type and the range, reports what is wrong
// at the place of the value, and gives nothing then. Getters know only keys of the section's key table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <utility>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/base/time.hpp"
#include "agent/config/duration_text.hpp"
#include "agent/config/keys.hpp"
#include "agent/config/report.hpp"

namespace regent::config {

Place place_of(const toml::source_region& region);
inline Place place_of(const toml::node& node) {
    return place_of(node.source());
}
inline Place place_of(const toml::key& key) {
    return place_of(key.source());
}

/// "a string", "an integer", …: what a value of the file is.
std::string_view describe_type(const toml::node& node);

/// The entries of a table in the order of the file (toml++ sorts them by name).
struct Entry {
    const toml::key* key;
    const toml::node* node;
};
std::vector<Entry> entries_in_order(const toml::table& table);

/// An address with an optional prefix.
struct PrefixedAddress {
    IpAddress address;
    std::optional<std::uint8_t> prefix;
};

/// Holds references to its arguments.
class TableReader {
  public:
    /// `subject` starts every message, as in `instance "VI_1"`, and is empty for the root; `path` is that of
    /// the table.
    TableReader(const toml::table& table, Section section, std::string subject, std::string path,
                Report& report);

    /// Reports every key that is not in the key table, and every required one that is missing at the table's
    /// place.
    void check_keys() const { check_keys({}); }
    /// The same where the keys `more`, all optional, are known too.
    void check_keys(const std::vector<std::string>& more) const;

    bool has(std::string_view key) const { return table_.get(key) != nullptr; }
    /// Of the value of `key`, or of the table when it has no such key.
    Place place(std::string_view key) const;
    Place place() const { return header_; }
    /// Of the key itself, which is in the table.
    Place key_place(std::string_view key) const;
    /// Where the table's name stands, better than its bracket.
    void set_place(Place header) { header_ = header; }

    std::optional<std::string> text(std::string_view key) const;
    std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most) const;
    std::optional<bool> boolean(std::string_view key) const;
    /// Whether the value of `key` is true or false, for keys that may also be something else.
    bool is_boolean(std::string_view key) const;
    std::optional<Duration> duration(std::string_view key, Duration least = Duration::zero(),
                                     Duration most = maximum_duration) const;
    /// An address without a prefix.
    std::optional<IpAddress> address(std::string_view key) const;
    std::optional<std::string> interface(std::string_view key) const;
    const toml::array* list(std::string_view key) const;
    const toml::table* table(std::string_view key) const;

    template <class E>
    std::optional<E> choice(std::string_view key,
                            std::span<const std::pair<std::string_view, E>> words) const {
        const auto given = text(key);
        if (!given) return std::nullopt;
        std::vector<std::string> names;
        for (const auto& [name, value] : words) {
            if (name == *given) return value;
            names.emplace_back(name);
        }
        bad_choice(key, *given, names);
        return std::nullopt;
    }

    /// Reports that an entry of the list `key` is not `what`.
    void wrong_item(const toml::node& node, std::string_view key, std::string_view what) const;
    /// An entry of a list. `what` follows "must be".
    std::optional<std::string> item_text(const toml::node& node, std::string_view key,
                                         std::string_view what) const;
    std::optional<IpAddress> item_address(const toml::node& node, std::string_view key) const;
    std::optional<std::string> item_interface(const toml::node& node, std::string_view key) const;
    /// `text` is what `node` holds.
    std::optional<PrefixedAddress> prefixed(const toml::node& node, std::string_view key,
                                            const std::string& text) const;

    void error(Place place, std::string_view code, std::string_view key, const std::string& message,
               std::string hint = {}) const;

    const std::string& subject() const { return subject_; }
    const std::string& path() const { return path_; }
    Report& report() const { return report_; }
    const toml::node* node(std::string_view key) const;
    /// For keys that are a plugin's.
    const toml::table& contents() const { return table_; }

  private:
    void unknown_key(const toml::key& key, const toml::node& value,
                     const std::vector<std::string>& known) const;
    void wrong_type(const toml::node& node, const KeyInfo& info) const;
    void bad_choice(std::string_view key, const std::string& given,
                    const std::vector<std::string>& names) const;
    std::optional<IpAddress> parse_address(const toml::node& node, std::string_view key,
                                           const std::string& text) const;
    std::optional<std::string> parse_interface(const toml::node& node, std::string_view key,
                                               std::string text) const;

    const toml::table& table_;
    Section section_;
    std::string subject_;
    std::string path_;
    Report& report_;
    Place header_;
};

}  // namespace regent::config
