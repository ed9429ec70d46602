// SPDX-License-Identifier: Apache-2.0
#include "agent/config/suggest.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

#include "agent/config/source_text.hpp"

namespace regent::config {

namespace {

constexpr std::size_t longest_word = 64;  ///< a longer word is near to nothing
constexpr std::size_t longest_list = 40;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last;
    std::vector<std::size_t> last(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::vector<std::size_t> row(b.size() + 1);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last = std::move(last);
        last = std::move(row);
    }
    return last.back();
}

std::optional<std::string> nearest(std::string_view wrong, const std::vector<std::string>& candidates) {
    if (wrong.size() > longest_word) return std::nullopt;
    std::size_t best = std::clamp<std::size_t>(wrong.size() / 3, 1, 3) + 1;
    std::optional<std::string> found;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > longest_word) continue;
        const std::size_t distance = edit_distance(wrong, candidate);
        if (distance >= best) continue;
        best = distance;
        found = candidate;
    }
    return found;
}

std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates,
                       std::string_view kind) {
    if (const auto near = nearest(wrong, candidates))
        return fmt::format("did you mean {}?", in_quotes(*near));
    if (candidates.empty()) return {};
    const auto shown = std::min(candidates.size(), longest_list);
    std::string list = fmt::format(
        "{}", fmt::join(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
    if (shown < candidates.size()) list += ", …";
    return fmt::format("{}: {}", kind, printable(list));
}

}  // namespace regent::config
