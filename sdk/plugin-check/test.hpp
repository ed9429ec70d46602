// SPDX-License-Identifier: Apache-2.0
// What a test is: one rule of the contract, judged in a process of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace regent::plugin_check {

class Trial;

enum class Verdict : std::uint8_t { ok, failed, skipped };

/// "ok", "FAILED", "skipped".
std::string_view word(Verdict verdict);

/// What came of one test.
struct Outcome {
    Verdict verdict = Verdict::ok;
    std::string text{};                ///< why; empty for ok
    std::vector<std::string> notes{};  ///< worth knowing, and no breach
    std::int64_t milliseconds = 0;
};

/// Thrown by a test that found a breach.
struct Failed {
    std::string text;
};

/// Thrown by a test that cannot judge.
struct Skipped {
    std::string text;
};

struct Test {
    std::string_view name;     ///< "contract.silence"
    std::string_view summary;  ///< the rule, one line
    void (*run)(Trial&) = nullptr;
    /// Tests without which this one says nothing: when one of them did not pass it is skipped, so that a
    /// breach is named once, by the test that is meant for it.
    std::vector<std::string_view> needs{};
};

/// Every test, in the order in which they run: whatever one needs comes before it.
std::span<const Test> all_tests();

}  // namespace regent::plugin_check
