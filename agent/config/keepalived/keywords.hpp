// SPDX-License-Identifier: Apache-2.0
// The keywords of keepalived that regent has no counterpart for, and why: those of 2.2.7 and of its
// successors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace regent::config::keepalived {

/// The blocks whose keywords are told apart.
enum class Block { root, global_defs, instance, group, script, process };

struct Keyword {
    std::string_view name;
    std::string_view why;  ///< empty: regent needs no such key, nothing is lost and nothing is said
};

/// nullptr: the keyword is not one of these.
const Keyword* find_keyword(Block block, std::string_view name);

std::vector<std::string> keyword_names(Block block);

}  // namespace regent::config::keepalived
