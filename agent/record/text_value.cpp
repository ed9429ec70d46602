// SPDX-License-Identifier: Apache-2.0
#include "agent/record/text_value.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace regent::record {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const auto byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0xfU];
    }
    return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t at = 0; at < text.size(); at += 2) {
        const auto high = digits.find(text[at]), low = digits.find(text[at + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(high << 4U | low));
    }
    return bytes;
}

std::optional<MacAddress> parse_mac(std::string_view text) {
    std::string hex(text);
    hex.erase(std::remove(hex.begin(), hex.end(), ':'), hex.end());
    const auto bytes = from_hex(hex);
    MacAddress address;
    if (!bytes || bytes->size() != address.bytes.size()) return std::nullopt;
    std::copy(bytes->begin(), bytes->end(), address.bytes.begin());
    return address.to_string() == text ? std::optional(address) : std::nullopt;
}

bool is_utf8(std::string_view text) {
    const auto ascii = [](char letter) { return static_cast<unsigned char>(letter) < 0x80; };
    if (std::all_of(text.begin(), text.end(), ascii)) return true;
    try {
        // The library's own judgement: what it would not write it must not be given.
        [[maybe_unused]] const auto unused = nlohmann::json(text).dump();
        return true;
    } catch (const nlohmann::json::type_error&) {
        return false;
    }
}

}  // namespace regent::record
