// SPDX-License-Identifier: Apache-2.0
// What is found while several files are read: a Report for each, in the order in which they were opened.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "agent/config/report.hpp"
#include "agent/config/source_text.hpp"

namespace regent::config::keepalived {

/// Where something stands, in one of the files. The default is the first file as a whole.
struct Spot {
    std::size_t file = 0;
    Place place;

    auto operator<=>(const Spot&) const = default;
};

template <class T>
struct Given {
    T value;
    Spot spot;
};

/// Not thread-safe. Its files live as long as it does.
class Findings {
  public:
    /// The number that a Spot has for the file.
    std::size_t add_file(std::string name, std::string text);

    std::size_t file_count() const { return files_.size(); }
    const std::string& name(std::size_t file) const { return files_[file].name; }
    const std::string& text(std::size_t file) const { return files_[file].text; }

    /// Where a comment of the result says that `spot` is: the file's own name without its folder, and the
    /// line.
    std::string reference(const Spot& spot) const;

    void error(const Spot& spot, std::string code, std::string key, std::string message,
               std::string hint = {});
    void warning(const Spot& spot, std::string code, std::string key, std::string message,
                 std::string hint = {});

    /// The line is never shown: a secret stands in it.
    void hide(const Spot& spot);

    bool has_errors() const { return !errors_.empty(); }
    struct Error {
        Spot spot;
        std::string message;
    };
    const std::vector<Error>& errors() const { return errors_; }
    /// Whether the line has an error already: one mistake gives one diagnostic.
    bool has_error_at(const Spot& spot) const;

    std::vector<Diagnostic> take();

  private:
    struct File {
        File(std::string file_name, std::string file_text)
            : name(std::move(file_name)), text(std::move(file_text)), source(text), report(name, source) {}

        std::string name;
        std::string text;
        SourceText source;
        Report report;
    };

    void guard(const Spot& spot);

    std::deque<File> files_;  ///< a deque, because the reports keep references
    std::vector<Error> errors_;
};

}  // namespace regent::config::keepalived
