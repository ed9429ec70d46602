// SPDX-License-Identifier: Apache-2.0
#include "sdk/plugin-check/output.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace regent::plugin_check {

using nlohmann::json;

std::string_view word(Verdict verdict) {
    return verdict == Verdict::ok ? "ok" : verdict == Verdict::failed ? "FAILED" : "skipped";
}

std::string line_of(const Finished& finished) {
    const Outcome& outcome = finished.outcome;
    std::string text = fmt::format("{:8} {}{}{}\n", word(outcome.verdict), finished.test->name,
                                   outcome.text.empty() ? "" : ": ", outcome.text);
    for (const std::string& note : outcome.notes)
        text += fmt::format("         note: {}\n", note);
    return text;
}

std::string summary_of(const std::vector<Finished>& all, const Options& options) {
    const auto count = [&](Verdict verdict) {
        return std::count_if(all.begin(), all.end(),
                             [&](const Finished& each) { return each.outcome.verdict == verdict; });
    };
    std::string text =
        fmt::format("{}: {} ok, {} FAILED, {} skipped (seed {})\n", options.plugin.filename().string(),
                    count(Verdict::ok), count(Verdict::failed), count(Verdict::skipped), options.seed);
    const auto first = std::find_if(
        all.begin(), all.end(), [](const Finished& each) { return each.outcome.verdict == Verdict::failed; });
    if (first != all.end())
        text += fmt::format("to repeat it: regent-plugin-check --seed {} --test '^{}$' {}\n", options.seed,
                            first->test->name, options.plugin.string());
    return text;
}

std::string json_of(const std::vector<Finished>& all, const Options& options) {
    json list = json::array();
    for (const Finished& each : all) {
        const char* verdict = each.outcome.verdict == Verdict::ok       ? "ok"
                              : each.outcome.verdict == Verdict::failed ? "failed"
                                                                        : "skipped";
        list.push_back({{"test", each.test->name},
                        {"verdict", verdict},
                        {"text", each.outcome.text},
                        {"notes", each.outcome.notes},
                        {"milliseconds", each.outcome.milliseconds},
                        {"seed", options.seed}});
    }
    return list.dump(2) + "\n";
}

std::string list_of(const std::vector<const Test*>& tests, bool as_json) {
    json list = json::array();
    std::string text;
    for (const Test* test : tests) {
        list.push_back({{"test", test->name}, {"summary", test->summary}});
        text += fmt::format("{:24} {}\n", test->name, test->summary);
    }
    return as_json ? list.dump(2) + "\n" : text;
}

}  // namespace regent::plugin_check
