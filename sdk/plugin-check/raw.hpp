// SPDX-License-Identifier: Apache-2.0
// The descriptor of a plugin, as it lies in memory, for tests that judge it before anybody has believed it.
#pragma once

#include <cstdint>
#include <fmt/core.h>
#include <string>
#include <string_view>

#include "agent/config/source_text.hpp"

#include "regent/abi/plugin.h"
#include "regent/testing/rules.hpp"
#include "sdk/plugin-check/test.hpp"

namespace regent::plugin_check {

inline std::string text_of(regent_str text) {
    return text.ptr == nullptr ? std::string() : std::string(text.ptr, text.len);
}

/// At most `longest` bytes of UTF-8 on one line.
inline void demand_text(regent_str text, std::size_t longest, const std::string& what) {
    if (text.len > longest) throw Failed{fmt::format("{} is longer than {} bytes", what, longest)};
    if (text.len > 0 && text.ptr == nullptr) throw Failed{fmt::format("{} has a length and no text", what)};
    if (!sdk::testing::detail::is_utf8(text_of(text))) throw Failed{fmt::format("{} is not UTF-8", what)};
    if (config::printable(text_of(text)) != text_of(text) || text_of(text).find('\t') != std::string::npos)
        throw Failed{fmt::format("{} is not one line of text", what)};
}

/// The same, and there is one.
inline void demand_line(regent_str text, std::size_t longest, const std::string& what) {
    demand_text(text, longest, what);
    if (text.len == 0) throw Failed{fmt::format("{} is empty", what)};
}

/// [a-z][a-z0-9X]*, X being `separator`.
inline void demand_word(const std::string& word, char separator, const std::string& what) {
    const std::string allowed = std::string("abcdefghijklmnopqrstuvwxyz0123456789") + separator;
    if (word.empty() || word[0] < 'a' || word[0] > 'z' ||
        word.find_first_not_of(allowed) != std::string::npos)
        throw Failed{
            fmt::format("{} is \"{}\", and not [a-z][a-z0-9{}]*", what, config::printable(word), separator)};
}

/// Calls `work` with each type and what it is called in a message.
template <class Work>
void each_type(const regent_plugin& plugin, const Work& work) {
    for (std::uint32_t at = 0; at < plugin.type_count; ++at) {
        const std::string name = config::printable(text_of(plugin.types[at]->name));
        work(*plugin.types[at], fmt::format("type {}", name.empty() ? std::to_string(at + 1) : name));
    }
}

/// The same with each parameter of a type.
template <class Work>
void each_param(const regent_type& type, const std::string& what, const Work& work) {
    for (std::uint32_t at = 0; at < type.param_count; ++at) {
        const std::string name = config::printable(text_of(type.params[at]->name));
        work(*type.params[at],
             fmt::format("parameter {} of {}", name.empty() ? std::to_string(at + 1) : name, what));
    }
}

}  // namespace regent::plugin_check
