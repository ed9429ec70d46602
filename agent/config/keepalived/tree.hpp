// SPDX-License-Identifier: Apache-2.0
// The statements of a keepalived.conf: words, and perhaps a block of further statements.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/config/keepalived/findings.hpp"
#include "agent/config/keepalived/words.hpp"

namespace regent::config::keepalived {

struct Statement {
    std::vector<Word> words;  ///< at least one, unless the block has no name
    Spot spot;                ///< of the first word, or of the brace
    bool is_block = false;
    std::vector<Statement> children;
    unsigned last_line = 0;  ///< of the closing brace, in the file of `spot`

    std::string_view keyword() const { return words.empty() ? std::string_view() : words.front().text; }
    Spot spot_of(std::size_t word) const {
        return {spot.file, {spot.place.line, words[word].column, words[word].width}};
    }
};

constexpr std::size_t maximum_nesting = 16;
constexpr std::size_t maximum_words = 200'000;

/// Takes lines of words and makes statements of them. Says what is wrong to `findings`.
class TreeBuilder {
  public:
    explicit TreeBuilder(Findings& findings) : findings_(findings) { open_.emplace_back(); }

    /// False when nothing more can be taken.
    bool line(std::size_t file, unsigned number, const std::vector<Word>& words);

    /// The statements of the top level.
    std::vector<Statement> finish();

  private:
    void flush(Statement& pending);
    bool open(Statement& pending, const Spot& spot);
    void close(const Spot& spot);

    Findings& findings_;
    /// The blocks that are open, the top level first: a statement joins its parent when it is closed.
    std::vector<Statement> open_;
    std::size_t count_ = 0;
};

}  // namespace regent::config::keepalived
