// SPDX-License-Identifier: Apache-2.0
// What regent-plugin-check prints: a line for each test, or one JSON array.
#pragma once

#include <string>
#include <vector>

#include "sdk/plugin-check/options.hpp"
#include "sdk/plugin-check/test.hpp"

namespace regent::plugin_check {

struct Finished {
    const Test* test = nullptr;
    Outcome outcome{};
};

/// "FAILED   contract.silence: …", with notes on lines of their own.
std::string line_of(const Finished& finished);

/// The counts, the seed, and how to repeat the first failure.
std::string summary_of(const std::vector<Finished>& all, const Options& options);

/// [{"test", "verdict": "ok" | "failed" | "skipped", "text", "notes": [], "milliseconds", "seed"}]
std::string json_of(const std::vector<Finished>& all, const Options& options);

/// What --list prints; as JSON: [{"test", "summary"}].
std::string list_of(const std::vector<const Test*>& tests, bool json);

}  // namespace regent::plugin_check
