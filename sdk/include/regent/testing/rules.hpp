// SPDX-License-Identifier: Apache-2.0
// What the contract says of a result, and the names of the rules that a FakeHost (regent/testing.hpp) watches
// over: regent-plugin-check has one test for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "regent/abi/result.h"
#include "regent/values.hpp"

namespace regent::sdk::testing {

enum class Rule : std::uint8_t {
    silence,     ///< nothing is said before start, after stop, or by an instance that is gone
    result,      ///< a report has the form that result.h gives it
    answer,      ///< one answer to what was asked, and none to anything else
    cancelled,   ///< none to what was given up
    thread,      ///< what only the loop thread may call
    descriptor,  ///< a watched descriptor is CLOEXEC and NONBLOCK, and unwatched before it is closed
    operation,   ///< who watches or sets timers has the operation for it; at most 64 timers
    blame,       ///< a parameter that is blamed exists
};

struct Violation {
    Rule rule{};
    std::string text{};
};

namespace detail {

/// How many bytes of `text` the character at its front takes; 0: it is not UTF-8 (RFC 3629).
inline std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xc0) != 0x80) return 0;
    }
    const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool surrogate = first == 0xed && byte(1) > 0x9f;
    const bool beyond = first == 0xf4 && byte(1) > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

inline bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

inline bool is_metric_name(std::string_view name) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    if (name.empty() || name.size() > 64 || letters.find(name[0]) == std::string_view::npos) return false;
    constexpr std::string_view more = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return name.find_first_not_of(more) == std::string_view::npos;
}

/// What is wrong with a report, to follow "instance 1 "; empty: nothing.
inline std::string flaw_of(const regent_result& result) {
    constexpr std::size_t smallest = offsetof(regent_result, metric_count) + sizeof(result.metric_count);
    if (result.struct_size < smallest) return "reports without the size of its struct";
    if (result.state < REGENT_STATE_UP || result.state > REGENT_STATE_UNKNOWN ||
        result.reason < REGENT_REASON_OK || result.reason > REGENT_REASON_INTERNAL)
        return "reports a state or a reason that does not exist";
    if (result.message.len > 0 && result.message.ptr == nullptr)
        return "reports a message with a length and no text";
    if (!is_utf8(from_abi(result.message))) return "reports a message that is not UTF-8";
    if (result.metric_count > REGENT_METRIC_MAX) return "reports too many metrics";
    if (result.metric_count > 0 && result.metrics == nullptr) return "reports metrics that are not there";
    for (std::size_t index = 0; index < result.metric_count; ++index) {
        const regent_str& name = result.metrics[index].name;
        if ((name.ptr == nullptr && name.len > 0) || !is_metric_name(from_abi(name)))
            return "reports a metric whose name is not [a-zA-Z_][a-zA-Z0-9_]* of at most 64 bytes";
    }
    return {};
}

}  // namespace detail
}  // namespace regent::sdk::testing
