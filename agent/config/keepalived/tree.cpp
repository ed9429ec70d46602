// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/tree.hpp"

#include <fmt/format.h>

namespace regent::config::keepalived {

void TreeBuilder::flush(Statement& pending) {
    if (pending.words.empty()) return;
    open_.back().children.push_back(std::move(pending));
    pending = Statement{};
}

bool TreeBuilder::open(Statement& pending, const Spot& spot) {
    if (open_.size() > maximum_nesting) {
        findings_.error(spot, "syntax", "{", fmt::format("blocks nest deeper than {}", maximum_nesting),
                        "a closing brace is missing further up");
        return false;
    }
    auto& siblings = open_.back().children;
    const bool named_above = pending.words.empty() && !siblings.empty() && !siblings.back().is_block;
    if (named_above) {
        pending = std::move(siblings.back());
        siblings.pop_back();
    }
    if (pending.words.empty()) pending.spot = spot;
    pending.is_block = true;
    open_.push_back(std::move(pending));
    pending = Statement{};
    return true;
}

void TreeBuilder::close(const Spot& spot) {
    if (open_.size() == 1) {
        return findings_.error(spot, "syntax", "}", "this brace closes nothing",
                               "a block has one brace too many, or its opening brace is missing");
    }
    Statement closed = std::move(open_.back());
    open_.pop_back();
    closed.last_line = spot.file == closed.spot.file ? spot.place.line : closed.spot.place.line;
    open_.back().children.push_back(std::move(closed));
}

bool TreeBuilder::line(std::size_t file, unsigned number, const std::vector<Word>& words) {
    Statement pending;
    for (const Word& word : words) {
        const Spot spot{file, {number, word.column, word.width}};
        if (word.is("{")) {
            if (!open(pending, spot)) return false;
        } else if (word.is("}")) {
            flush(pending);
            close(spot);
        } else {
            if (pending.words.empty()) pending.spot = spot;
            pending.words.push_back(word);
        }
        if (++count_ <= maximum_words) continue;
        findings_.error(spot, "too_large", "", fmt::format("more than {} words", maximum_words));
        return false;
    }
    flush(pending);
    return true;
}

std::vector<Statement> TreeBuilder::finish() {
    while (open_.size() > 1) {
        const Statement& unfinished = open_.back();
        findings_.error(unfinished.spot, "syntax", std::string(unfinished.keyword()),
                        fmt::format("the block {} is never closed", in_quotes(unfinished.keyword())),
                        "its closing brace is missing");
        close(unfinished.spot);
    }
    return std::move(open_.front().children);
}

}  // namespace regent::config::keepalived
