// SPDX-License-Identifier: Apache-2.0
// regent-plugin-check: proves that a shared object keeps the plugin contract.
#include <cstdio>
#include <exception>
#include <fmt/core.h>
#include <map>
#include <regex>

#include "sdk/plugin-check/children.hpp"
#include "sdk/plugin-check/options.hpp"
#include "sdk/plugin-check/output.hpp"

namespace regent::plugin_check {
namespace {

constexpr int kept = 0;
constexpr int broken = 1;
constexpr int usage_error = 2;

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

int refuse(const std::string& why) {
    std::fprintf(stderr, "regent-plugin-check: %s\n", why.c_str());
    return usage_error;
}

std::vector<const Test*> chosen(const std::string& filter) {
    const std::regex wanted(filter);
    std::vector<const Test*> tests;
    for (const Test& test : all_tests()) {
        if (std::regex_search(test.name.begin(), test.name.end(), wanted)) tests.push_back(&test);
    }
    return tests;
}

/// Why a test says nothing after what has come of others; empty: it is run. What was not chosen is taken for
/// passed.
std::string obstacle(const Test& test, const std::map<std::string_view, Verdict>& verdicts) {
    for (const std::string_view need : test.needs) {
        const auto found = verdicts.find(need);
        if (found == verdicts.end() || found->second == Verdict::ok) continue;
        return fmt::format("it needs {}, which {}", need,
                           found->second == Verdict::failed ? "failed" : "was skipped");
    }
    return {};
}

int check(const Options& options) {
    const auto tests = chosen(options.filter);
    if (tests.empty()) return refuse(fmt::format("no test has {} in its name: see --list", options.filter));
    std::vector<Finished> all;
    std::map<std::string_view, Verdict> verdicts;
    bool good = true;
    for (const Test* test : tests) {
        Finished finished{test};
        const std::string why = obstacle(*test, verdicts);
        if (!why.empty()) {
            finished.outcome = {Verdict::skipped, why};
        } else {
            finished.outcome = options.in_process ? run_here(*test, options) : run_in_child(*test, options);
        }
        verdicts[test->name] = finished.outcome.verdict;
        good = good && finished.outcome.verdict != Verdict::failed;
        if (!options.json) print(line_of(finished));
        all.push_back(std::move(finished));
    }
    print(options.json ? json_of(all, options) : summary_of(all, options));
    return good ? kept : broken;
}

int serve(int count, const char* const* words) {
    const auto options = read_options(count, words);
    if (!options) return refuse(options.error().text);
    switch (options->mode) {
        case Options::Mode::help: print(usage()); return kept;
        case Options::Mode::version: print("regent-plugin-check " REGENT_SDK_VERSION "\n"); return kept;
        case Options::Mode::list: print(list_of(chosen(options->filter), options->json)); return kept;
        case Options::Mode::check: break;
    }
    return check(*options);
}

}  // namespace
}  // namespace regent::plugin_check

int main(int count, char** words) {
    try {
        return regent::plugin_check::serve(count, words);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "regent-plugin-check: %s\n", problem.what());
        return 2;
    }
}
