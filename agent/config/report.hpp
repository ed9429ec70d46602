// SPDX-License-Identifier: Apache-2.0
// Collects diagnostics while a file is read: nothing stops at the first error.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/config/diagnostic.hpp"
#include "agent/config/source_text.hpp"

namespace regent::config {

/// Where something stands in the file. Lines and columns from 1; all 0 means the file as a whole.
struct Place {
    unsigned line = 0;
    unsigned column = 0;
    unsigned width = 1;

    auto operator<=>(const Place&) const = default;
};

/// Something that was read, and where.
template <class T>
struct Placed {
    T value;
    Place place;
};

/// How many diagnostics of one file are kept; one more then says how many were left out.
constexpr std::size_t maximum_diagnostics = 100;

/// Not thread-safe. Keeps references to its arguments.
class Report {
  public:
    Report(std::string file, const SourceText& source) : file_(std::move(file)), source_(source) {}

    void error(Place place, std::string code, std::string key, std::string message, std::string hint = {});
    void warning(Place place, std::string code, std::string key, std::string message, std::string hint = {});

    /// Lines that are not shown, from now on: a secret stands in them.
    void hide(unsigned first, unsigned last);

    bool has_errors() const { return errors_ > 0; }

    /// Everything in the order of the file.
    std::vector<Diagnostic> take();

  private:
    void add(Diagnostic::Severity severity, Place place, std::string code, std::string key,
             std::string message, std::string hint);

    std::string file_;
    const SourceText& source_;
    std::vector<Diagnostic> diagnostics_;
    std::vector<std::pair<unsigned, unsigned>> hidden_;
    std::size_t errors_ = 0;
    std::size_t left_out_ = 0;
};

}  // namespace regent::config
