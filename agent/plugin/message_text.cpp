// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/message_text.hpp"

#include <algorithm>

#include "agent/config/source_text.hpp"

namespace regent::plugin {
namespace {

/// The length of `text` without a character that `limit` would cut through.
std::size_t boundary(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text.size();
    constexpr std::size_t longest = 3;  // continuation bytes of one character
    for (std::size_t cut = 0; cut <= std::min(longest, limit); ++cut) {
        if ((static_cast<unsigned char>(text[limit - cut]) & 0xC0U) != 0x80U) return limit - cut;
    }
    return limit;
}

}  // namespace

std::string fit(std::string_view text, std::size_t limit) {
    std::string fitting = config::printable(text.substr(0, boundary(text, limit)));
    // What is broken becomes longer.
    fitting.resize(boundary(fitting, limit));
    return fitting;
}

}  // namespace regent::plugin
