// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/findings.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace regent::config::keepalived {

std::size_t Findings::add_file(std::string name, std::string text) {
    files_.emplace_back(std::move(name), std::move(text));
    return files_.size() - 1;
}

std::string Findings::reference(const Spot& spot) const {
    const std::string& whole = files_[spot.file].name;
    const std::string name = printable(whole.substr(whole.rfind('/') + 1));
    return spot.place.line == 0 ? name : fmt::format("{}:{}", name, spot.place.line);
}

/// Whatever has to do with authentication may hold a secret, misspelt or broken keywords too.
void Findings::guard(const Spot& spot) {
    std::string line = files_[spot.file].source.line(spot.place.line);
    constexpr std::string_view harmless = "authentication";
    if (const std::size_t at = line.find(harmless); at != std::string::npos) line.erase(at, harmless.size());
    if (line.find("auth") != std::string::npos) hide(spot);
}

void Findings::error(const Spot& spot, std::string code, std::string key, std::string message,
                     std::string hint) {
    errors_.push_back({spot, message});
    guard(spot);
    files_[spot.file].report.error(spot.place, std::move(code), std::move(key), std::move(message),
                                   std::move(hint));
}

void Findings::warning(const Spot& spot, std::string code, std::string key, std::string message,
                       std::string hint) {
    guard(spot);
    files_[spot.file].report.warning(spot.place, std::move(code), std::move(key), std::move(message),
                                     std::move(hint));
}

void Findings::hide(const Spot& spot) {
    files_[spot.file].report.hide(spot.place.line, spot.place.line);
}

bool Findings::has_error_at(const Spot& spot) const {
    return std::any_of(errors_.begin(), errors_.end(), [&](const Error& error) {
        return error.spot.file == spot.file && error.spot.place.line == spot.place.line;
    });
}

std::vector<Diagnostic> Findings::take() {
    std::vector<Diagnostic> all;
    for (File& file : files_) {
        for (Diagnostic& diagnostic : file.report.take())
            all.push_back(std::move(diagnostic));
    }
    return all;
}

}  // namespace regent::config::keepalived
