// SPDX-License-Identifier: Apache-2.0
#include "agent/config/reader.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "agent/base/check.hpp"
#include "agent/config/suggest.hpp"

namespace regent::config {

Place place_of(const toml::source_region& region) {
    Place place{region.begin.line, region.begin.column, 1};
    const bool one_line = region.end.line == region.begin.line && region.end.column > region.begin.column;
    if (one_line) place.width = region.end.column - region.begin.column;
    return place;
}

std::string_view describe_type(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table: return "a table";
        case toml::node_type::array: return "a list";
        case toml::node_type::string: return "a string";
        case toml::node_type::integer: return "an integer";
        case toml::node_type::floating_point: return "a number with a point";
        case toml::node_type::boolean: return "a boolean";
        case toml::node_type::date: return "a date";
        case toml::node_type::time: return "a time of day";
        case toml::node_type::date_time: return "a date and time";
        case toml::node_type::none: break;
    }
    return "nothing";
}

std::vector<Entry> entries_in_order(const toml::table& table) {
    std::vector<Entry> entries;
    for (const auto& [key, node] : table)
        entries.push_back({&key, &node});
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return a.key->source().begin < b.key->source().begin;
    });
    return entries;
}

TableReader::TableReader(const toml::table& table, Section section, std::string subject, std::string path,
                         Report& report)
    : table_(table),
      section_(section),
      subject_(std::move(subject)),
      path_(std::move(path)),
      report_(report),
      header_(place_of(table)) {}

void TableReader::check_keys(const std::vector<std::string>& more) const {
    std::vector<std::string> known = key_names(section_);
    known.insert(known.end(), more.begin(), more.end());
    for (const auto& [key, node] : table_) {
        if (std::find(known.begin(), known.end(), key.str()) == known.end()) unknown_key(key, node, known);
    }
    for (const KeyInfo& info : keys_of(section_)) {
        if (!info.required || has(info.name)) continue;
        error(header_, "missing", info.name, fmt::format("{} is missing", info.name),
              fmt::format("for example: {} = {}", info.name, info.example));
    }
}

void TableReader::unknown_key(const toml::key& key, const toml::node& value,
                              const std::vector<std::string>& known) const {
    if (const RefusedKey* refused = find_refused(section_, key.str())) {
        const std::string message = refused->message.empty()
                                        ? fmt::format("unknown key {}", in_quotes(key.str()))
                                        : std::string(refused->message);
        return error(place_of(key), refused->code, key.str(), message, std::string(refused->hint));
    }
    std::string hint = suggestion(key.str(), known, "the keys here are");
    const bool is_header = value.is_table() && !value.as_table()->is_inline();
    if (is_header && section_ != Section::root && !nearest(key.str(), known)) {
        hint = "a name with a point in it must be quoted, as in [instance.\"a.b\"]";
    }
    error(place_of(key), "unknown_key", key.str(), fmt::format("unknown key {}", in_quotes(key.str())),
          std::move(hint));
}

Place TableReader::place(std::string_view key) const {
    const toml::node* value = table_.get(key);
    return value == nullptr ? header_ : place_of(*value);
}

Place TableReader::key_place(std::string_view key) const {
    const auto found = table_.find(key);
    return found == table_.end() ? header_ : place_of(found->first);
}

const toml::node* TableReader::node(std::string_view key) const {
    REGENT_CHECK(find_key(section_, key) != nullptr);
    return table_.get(key);
}

void TableReader::error(Place place, std::string_view code, std::string_view key, const std::string& message,
                        std::string hint) const {
    const std::string path = path_.empty() ? path_part(key)
                             : key.empty() ? path_
                                           : path_ + "." + path_part(key);
    report_.error(place, std::string(code), path, subject_.empty() ? message : subject_ + ": " + message,
                  std::move(hint));
}

void TableReader::wrong_type(const toml::node& node, const KeyInfo& info) const {
    error(place_of(node), "wrong_type", info.name,
          fmt::format("{} must be {}, not {}", info.name, info.type, describe_type(node)),
          fmt::format("for example: {} = {}", info.name, info.example));
}

std::optional<std::string> TableReader::text(std::string_view key) const {
    const toml::node* value = node(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* string = value->as_string()) return string->get();
    wrong_type(*value, *find_key(section_, key));
    return std::nullopt;
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t least,
                                                 std::int64_t most) const {
    const toml::node* value = node(key);
    if (value == nullptr) return std::nullopt;
    const auto* number = value->as_integer();
    if (number == nullptr) {
        wrong_type(*value, *find_key(section_, key));
        return std::nullopt;
    }
    if (number->get() >= least && number->get() <= most) return number->get();
    error(place_of(*value), "out_of_range", key,
          fmt::format("{} must be {} {} {}, not {}", key, least, most - least == 1 ? "or" : "to", most,
                      number->get()));
    return std::nullopt;
}

std::optional<bool> TableReader::boolean(std::string_view key) const {
    const toml::node* value = node(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* flag = value->as_boolean()) return flag->get();
    wrong_type(*value, *find_key(section_, key));
    return std::nullopt;
}

bool TableReader::is_boolean(std::string_view key) const {
    const toml::node* value = node(key);
    return value != nullptr && value->is_boolean();
}

std::optional<Duration> TableReader::duration(std::string_view key, Duration least, Duration most) const {
    const toml::node* value = node(key);
    const auto given = text(key);
    if (!given) return std::nullopt;
    const auto parsed = parse_duration(*given);
    if (!parsed) {
        error(place_of(*value), "bad_value", key,
              fmt::format("{}: {} {}", key, in_quotes(*given), parsed.error().text),
              "a duration is a number and one of ns, us, ms, s, m, h, as in \"250ms\"");
        return std::nullopt;
    }
    if (*parsed >= least && *parsed <= most) return *parsed;
    error(place_of(*value), "out_of_range", key,
          fmt::format("{} must be {} to {}, not {}", key, format_duration(least), format_duration(most),
                      *given));
    return std::nullopt;
}

const toml::array* TableReader::list(std::string_view key) const {
    const toml::node* value = node(key);
    if (value == nullptr) return nullptr;
    if (!value->is_array()) wrong_type(*value, *find_key(section_, key));
    return value->as_array();
}

const toml::table* TableReader::table(std::string_view key) const {
    const toml::node* value = node(key);
    if (value == nullptr) return nullptr;
    if (!value->is_table()) wrong_type(*value, *find_key(section_, key));
    return value->as_table();
}

void TableReader::bad_choice(std::string_view key, const std::string& given,
                             const std::vector<std::string>& names) const {
    error(place(key), "bad_value", key, fmt::format("{} cannot be {}", key, in_quotes(given)),
          suggestion(given, names, "the values are"));
}

}  // namespace regent::config
