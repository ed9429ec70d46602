// SPDX-License-Identifier: Apache-2.0
// The part of TableReader that reads entries of lists, addresses and the names of interfaces.
#include <algorithm>
#include <fmt/format.h>

#include "agent/config/reader.hpp"

namespace regent::config {

namespace {

constexpr std::size_t longest_interface_name = 15;  ///< IFNAMSIZ without its NUL (linux/if.h)

/// What the kernel accepts as an interface name (dev_valid_name() in net/core/dev.c), where a log, a terminal
/// and D-Bus can take it as well.
bool is_interface_name(std::string_view name) {
    if (name.empty() || name.size() > longest_interface_name || name == "." || name == "..") return false;
    if (printable(name) != name) return false;
    return std::none_of(name.begin(), name.end(), [](char c) {
        return c == '/' || c == ':' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    });
}

/// "192.0.2.1/24" into its two halves; the second is empty without a slash.
std::pair<std::string, std::optional<std::string>> split_prefix(const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) return {text, std::nullopt};
    return {text.substr(0, slash), text.substr(slash + 1)};
}

std::optional<unsigned> small_number(std::string_view text) {
    if (text.empty() || text.size() > 3 || text.find_first_not_of("0123456789") != std::string_view::npos)
        return {};
    unsigned value = 0;
    for (const char c : text)
        value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
}

}  // namespace

std::optional<IpAddress> TableReader::address(std::string_view key) const {
    const toml::node* value = node(key);
    const auto given = text(key);
    return given ? parse_address(*value, key, *given) : std::nullopt;
}

std::optional<std::string> TableReader::interface(std::string_view key) const {
    const toml::node* value = node(key);
    auto given = text(key);
    return given ? parse_interface(*value, key, std::move(*given)) : std::nullopt;
}

void TableReader::wrong_item(const toml::node& node, std::string_view key, std::string_view what) const {
    error(place_of(node), "wrong_type", key,
          fmt::format("an entry of {} must be {}, not {}", key, what, describe_type(node)),
          fmt::format("for example: {} = {}", key, find_key(section_, key)->example));
}

std::optional<std::string> TableReader::item_text(const toml::node& node, std::string_view key,
                                                  std::string_view what) const {
    if (const auto* string = node.as_string()) return string->get();
    wrong_item(node, key, what);
    return std::nullopt;
}

std::optional<IpAddress> TableReader::item_address(const toml::node& node, std::string_view key) const {
    const auto given = item_text(node, key, "an address");
    return given ? parse_address(node, key, *given) : std::nullopt;
}

std::optional<std::string> TableReader::item_interface(const toml::node& node, std::string_view key) const {
    auto given = item_text(node, key, "the name of an interface or a table");
    return given ? parse_interface(node, key, std::move(*given)) : std::nullopt;
}

std::optional<IpAddress> TableReader::parse_address(const toml::node& node, std::string_view key,
                                                    const std::string& text) const {
    if (auto parsed = IpAddress::parse(text)) return parsed;
    const auto [front, prefix] = split_prefix(text);
    if (prefix && IpAddress::parse(front)) {
        error(place_of(node), "bad_value", key,
              fmt::format("{} takes no prefix length: {}", key, in_quotes(text)),
              fmt::format("write \"{}\"", front));
    } else {
        error(place_of(node), "bad_value", key,
              fmt::format("{} is not an IPv4 or IPv6 address", in_quotes(text)),
              "host names are not looked up; write the address, as in \"192.0.2.10\" or \"2001:db8::10\"");
    }
    return std::nullopt;
}

std::optional<std::string> TableReader::parse_interface(const toml::node& node, std::string_view key,
                                                        std::string text) const {
    if (is_interface_name(text)) return text;
    error(place_of(node), "bad_value", key,
          fmt::format("{} cannot be the name of an interface", in_quotes(text)),
          "1 to 15 characters without blanks, \"/\" and \":\"");
    return std::nullopt;
}

std::optional<PrefixedAddress> TableReader::prefixed(const toml::node& node, std::string_view key,
                                                     const std::string& text) const {
    const auto [front, prefix] = split_prefix(text);
    const auto parsed = IpAddress::parse(front);
    if (!parsed) {
        parse_address(node, key, front);
        return std::nullopt;
    }
    if (!prefix) return PrefixedAddress{*parsed, std::nullopt};
    const auto length = small_number(*prefix);
    if (length && *length <= parsed->full_prefix()) {
        return PrefixedAddress{*parsed, static_cast<std::uint8_t>(*length)};
    }
    error(place_of(node), "out_of_range", key,
          fmt::format("{} is not a prefix length of an {} address", in_quotes(*prefix),
                      to_string(parsed->family())),
          fmt::format("write \"{}/{}\" for the address alone", front, parsed->full_prefix()));
    return std::nullopt;
}

}  // namespace regent::config
