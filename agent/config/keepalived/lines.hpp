// SPDX-License-Identifier: Apache-2.0
// From files to lines of words: includes, conditional lines (@id), definitions ($NAME=…) and their
// substitution, as keepalived.conf(5) describes them. No file is opened here: who calls does that.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "agent/config/keepalived/findings.hpp"
#include "agent/config/keepalived/tree.hpp"

namespace regent::config::keepalived {

struct IncludedFile {
    std::string name;
    std::string text;
};

/// The files that match `pattern`, which is absolute or relative to the folder of the file `from`; in the
/// order in which they are to be read. No match is an empty list; the error says why a file cannot be read.
using Include = std::function<tl::expected<std::vector<IncludedFile>, std::string>(const std::string& pattern,
                                                                                   const std::string& from)>;

constexpr std::size_t maximum_files = 256;
constexpr std::size_t maximum_include_depth = 16;
constexpr std::size_t maximum_expansion_depth = 16;
/// Of all lines after substitution, in bytes: definitions can multiply.
constexpr std::size_t maximum_expanded = 4U << 20;

class LineReader {
  public:
    /// `config_id` is what `@id` is compared with.
    LineReader(Findings& findings, TreeBuilder& tree, Include include, std::string config_id)
        : findings_(findings), tree_(tree), include_(std::move(include)), config_id_(std::move(config_id)) {}

    /// Reads a file that `findings` has, and what it includes.
    void read(std::size_t file, std::size_t depth = 0);

    /// The conditional lines, in their order.
    const std::vector<Spot>& conditions() const { return conditions_; }

  private:
    /// A line of a file, or what became of one. Positions are those of the line in the file.
    struct Line {
        std::size_t file = 0;
        unsigned number = 0;
        std::string text;      ///< without comment
        bool as_it_is = true;  ///< false after a substitution: columns mean nothing
        unsigned column = 1;   ///< where the line in the file begins, and its width
        unsigned width = 1;
        std::size_t depth = 0;
        std::size_t include_depth = 0;
    };

    bool raw_line(Line line);
    bool process(Line line);
    bool is_meant(Line& line);
    bool define(const Line& line);
    bool expand(const Line& line, const std::string& text);
    bool emit(const Line& line);
    bool include(const Line& line);
    std::string substitute(const Line& line) const;
    const std::string* value_of(const Line& line, std::string_view name, std::string& scratch) const;
    bool fail(const Line& line, std::string code, std::string message, std::string hint = {});
    static Spot spot_of(const Line& line);

    Findings& findings_;
    TreeBuilder& tree_;
    Include include_;
    std::string config_id_;
    std::map<std::string, std::string, std::less<>> definitions_;
    std::string collecting_;  ///< the definition whose lines are being read; empty: none
    std::vector<Spot> conditions_;
    std::size_t expanded_ = 0;
    bool stopped_ = false;
};

}  // namespace regent::config::keepalived
