// SPDX-License-Identifier: Apache-2.0
// Runs seeds. A seed that fails is run again with words, and the command that does so by hand is printed.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <unistd.h>

#include "tests/sim/checkers.hpp"
#include "tests/sim/replays.hpp"
#include "tests/sim/storm.hpp"

namespace regent::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t default_seeds = 200;
constexpr std::uint64_t run_twice =
    10;  ///< one in so many, to compare the traces; it is recorded and replayed too

struct Options {
    std::uint64_t first = 1;
    std::uint64_t seeds = default_seeds;
    bool one = false;
    bool trace = false;
    bool stop = false;  ///< at the first that fails
};

std::uint64_t current_seed = 0;

/// An abort inside the engine must not hide which seed it was.
void tell_seed(int) {
    const auto text = "aborted in seed " + std::to_string(current_seed) + "\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

void play(std::uint64_t seed, Trace& trace) {
    Stage stage(seed, trace);
    Checkers checkers(stage);
    Replays replays(stage, checkers);
    const bool recorded = seed % run_twice == 0;
    stage.listener = recorded ? static_cast<Stage::Listener*>(&replays) : &checkers;
    Storm storm(stage);
    const Duration calm = Checkers::longest_without_master(stage.scenario) + 5 * stage.scenario.interval + 1s;
    storm.begin();
    stage.run_for(calm);
    const unsigned rounds = stage.random.between(1, 3);
    for (unsigned round = 0; round < rounds; ++round) {
        if (stage.random.percent(60)) {
            storm.rage();
        } else {
            storm.strike();
        }
        stage.heal();
        stage.run_for(calm);
        checkers.everything_is_served();
    }
    for (auto& machine : stage.machines)
        stage.stop(machine);
    stage.run_for(3 * stage.scenario.interval);
    checkers.nothing_is_left();
    if (recorded) replays.finish();
}

/// Empty when all is well.
std::string failure_of(std::uint64_t seed, Trace& trace) {
    try {
        play(seed, trace);
    } catch (const std::exception& error) {
        return error.what();
    }
    return {};
}

std::string check(std::uint64_t seed) {
    Trace trace(Trace::Detail::digest_only);
    const auto failure = failure_of(seed, trace);
    if (!failure.empty() || seed % run_twice != 0) return failure;
    Trace again(Trace::Detail::digest_only);
    failure_of(seed, again);
    return again.digest() == trace.digest() ? "" : "the same seed has given another trace";
}

void report(const std::string& program, std::uint64_t seed, const std::string& failure) {
    Trace trace(Trace::Detail::last_lines);
    failure_of(seed, trace);
    for (const auto& line : trace.lines())
        std::cout << "    " << line << '\n';
    std::cout << "FAILED " << failure << "\n  replay: " << program << " --seed " << seed << " --trace\n"
              << std::flush;
}

bool read_options(int count, char** words, Options& options) {
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "--trace") {
            options.trace = true;
        } else if (word == "--stop") {
            options.stop = true;
        } else if ((word == "--seeds" || word == "--seed" || word == "--first") && i + 1 < count) {
            const auto value = std::strtoull(words[++i], nullptr, 10);
            if (word == "--seeds") options.seeds = value;
            if (word != "--seeds") options.first = value;
            if (word == "--seed") options.one = true;
        } else {
            return false;
        }
    }
    return true;
}

int run(int count, char** words) {
    Options options;
    if (!read_options(count, words, options)) {
        std::cerr << "usage: " << words[0] << " [--seeds N] [--first S] [--stop] | --seed S [--trace]\n";
        return 2;
    }
    std::signal(SIGABRT, tell_seed);
    if (options.one) options.seeds = 1;
    if (options.trace) {
        Trace trace(Trace::Detail::print);
        current_seed = options.first;
        const auto failure = failure_of(options.first, trace);
        std::cout << (failure.empty() ? "passed" : "FAILED " + failure) << '\n';
        return failure.empty() ? 0 : 1;
    }
    std::uint64_t failed = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
        current_seed = seed;
        const auto failure = check(seed);
        if (failure.empty()) continue;
        ++failed;
        report(words[0], seed, failure);
        if (options.stop) break;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << options.seeds << " seeds, " << failed << " failed, "
              << static_cast<double>(options.seeds) / took.count() << " seeds/s\n";
    return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace regent::sim

int main(int count, char** words) {
    return regent::sim::run(count, words);
}
