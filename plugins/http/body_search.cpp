// SPDX-License-Identifier: Apache-2.0
#include "plugins/http/body_search.hpp"

#include <algorithm>

namespace regent::plugins::http {

void BodySearch::restart() {
    tail_.clear();
    is_found_ = wanted_.empty();
}

void BodySearch::add(std::string_view part) {
    if (is_found_) return;
    const std::size_t overlap = wanted_.size() - 1;
    // First where it would lie across the border to what came before.
    tail_ += part.substr(0, overlap);
    is_found_ = tail_.find(wanted_) != std::string::npos || part.find(wanted_) != std::string_view::npos;
    if (part.size() > overlap) tail_ = part.substr(part.size() - overlap);
    if (tail_.size() > overlap) tail_.erase(0, tail_.size() - overlap);
}

}  // namespace regent::plugins::http
