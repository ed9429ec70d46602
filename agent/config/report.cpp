// SPDX-License-Identifier: Apache-2.0
#include "agent/config/report.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

namespace regent::config {

void Report::error(Place place, std::string code, std::string key, std::string message, std::string hint) {
    ++errors_;
    add(Diagnostic::Severity::error, place, std::move(code), std::move(key), std::move(message),
        std::move(hint));
}

void Report::warning(Place place, std::string code, std::string key, std::string message, std::string hint) {
    add(Diagnostic::Severity::warning, place, std::move(code), std::move(key), std::move(message),
        std::move(hint));
}

void Report::hide(unsigned first, unsigned last) {
    if (first <= last) hidden_.emplace_back(first, last);
}

void Report::add(Diagnostic::Severity severity, Place place, std::string code, std::string key,
                 std::string message, std::string hint) {
    if (diagnostics_.size() >= maximum_diagnostics) {
        // An error must never be lost to a file full of warnings: without one the file would count as good.
        const auto warning = std::find_if(diagnostics_.begin(), diagnostics_.end(), [](const auto& each) {
            return each.severity == Diagnostic::Severity::warning;
        });
        ++left_out_;
        if (severity == Diagnostic::Severity::warning || warning == diagnostics_.end()) return;
        diagnostics_.erase(warning);
    }
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.file = file_;
    diagnostic.line = place.line;
    diagnostic.column = place.column;
    diagnostic.width = place.width;
    diagnostic.code = std::move(code);
    diagnostic.key = std::move(key);
    diagnostic.message = std::move(message);
    diagnostic.hint = std::move(hint);
    const bool hidden = std::any_of(hidden_.begin(), hidden_.end(), [&](const auto& lines) {
        return place.line >= lines.first && place.line <= lines.second;
    });
    diagnostic.source_line = hidden ? "***" : source_.line(place.line);
    diagnostics_.push_back(std::move(diagnostic));
}

std::vector<Diagnostic> Report::take() {
    std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    if (left_out_ > 0) {
        Diagnostic rest;
        rest.severity = errors_ > 0 ? Diagnostic::Severity::error : Diagnostic::Severity::warning;
        rest.file = file_;
        rest.code = "too_many";
        rest.message = fmt::format("{} more are not shown", left_out_);
        diagnostics_.push_back(std::move(rest));
    }
    return std::move(diagnostics_);
}

}  // namespace regent::config
