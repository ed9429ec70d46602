// SPDX-License-Identifier: Apache-2.0
// How a dump is laid out.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/config/config.hpp"
#include "agent/config/duration_text.hpp"
#include "agent/config/source_text.hpp"

namespace regent::config {

/// A TOML basic string.
inline std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\u{:04X}", byte);
        } else {
            out += c;
        }
    }
    return out + '"';
}

/// A name as a key: bare where it can be, never cut.
inline std::string toml_key(std::string_view name) {
    constexpr std::string_view bare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const bool is_bare = !name.empty() && name.find_first_not_of(bare) == std::string_view::npos;
    return is_bare ? std::string(name) : toml_string(name);
}

inline std::string toml_string(const IpAddress& address) {
    return toml_string(address.to_string());
}
inline std::string toml_string(Duration duration) {
    return toml_string(format_duration(duration));
}

/// Writes `key = value` lines with the equals signs of a table in one column.
class TomlWriter {
  public:
    explicit TomlWriter(std::string& out) : out_(out) {}

    void header(std::string_view name) { out_ += fmt::format("\n[{}]\n", name); }
    void header(std::string_view section, const std::string& name) {
        out_ += fmt::format("\n[{}.{}]\n", section, toml_key(name));
    }
    void raw(std::string_view key, std::string_view value) {
        out_ += fmt::format("{:17} = {}\n", key, value);
    }
    void text(std::string_view key, std::string_view value) { raw(key, toml_string(value)); }
    void number(std::string_view key, unsigned value) { raw(key, std::to_string(value)); }
    void flag(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
    void duration(std::string_view key, Duration value) { raw(key, toml_string(value)); }

    /// One entry a line; `to_toml` writes an entry.
    template <class T, class ToToml>
    void list(std::string_view key, const std::vector<T>& values, const ToToml& to_toml) {
        if (values.empty()) return raw(key, "[]");
        raw(key, "[");
        for (const T& value : values)
            out_ += fmt::format("    {},\n", to_toml(value));
        out_ += "]\n";
    }

  private:
    std::string& out_;
};

/// The checks and the notifiers. What they use must be among `plugins`.
void dump_plan(const Plan& plan, const std::vector<Plugin>& plugins, Secrets secrets, TomlWriter& writer);

}  // namespace regent::config
