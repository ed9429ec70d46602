// SPDX-License-Identifier: Apache-2.0
// "did you mean …?"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace regent::config {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string
/// alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `wrong`, at most a third of its length and at most 3 away; the first of equals.
std::optional<std::string> nearest(std::string_view wrong, const std::vector<std::string>& candidates);

/// A hint: `did you mean "x"?` when something is near, else `KIND: a, b, c` (at most 40 of them), or nothing
/// when there are no candidates.
std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates,
                       std::string_view kind);

}  // namespace regent::config
