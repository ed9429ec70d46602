// SPDX-License-Identifier: Apache-2.0
// How instances begin and end, and what they leave behind.
#include <chrono>
#include <fmt/core.h>

#include "agent/platform/clock.hpp"

#include "sdk/plugin-check/session.hpp"
#include "sdk/plugin-check/surroundings.hpp"
#include "sdk/plugin-check/tests.hpp"

namespace regent::plugin_check::tests {
namespace {

using namespace std::chrono_literals;

// Rounds are cut short when they take longer than this together.
constexpr auto patience = 500ms;

/// `round` at most `most` times within the patience; how many times it was.
template <class Round>
int repeat(int most, const Round& round) {
    const Instant end = platform::now() + patience;
    int count = 0;
    while (count < most && (count < 4 || platform::now() < end)) {
        round();
        ++count;
    }
    return count;
}

/// A life of every kind: one that does not start, and one with a probe; the answer is waited for a moment.
void round_of(const Subject& subject) {
    {
        Session session(subject);
        const Instance unstarted = session.create();
        Instance instance = session.create();
        session.start(instance);
        const auto number = session.ask(instance);
        session.serve(20ms, [&] { return session.answer(instance, number).has_value(); });
    }
}

constexpr int warm_up = 4;
constexpr int rounds = 20;

/// Fails when `count()` grows with the number of rounds. Once more or less is a cache of a library.
template <class Count>
void demand_no_growth(const Subject& subject, const Count& count, const std::string& what) {
    repeat(warm_up, [&] { round_of(subject); });
    const std::size_t before = count();
    const int done = repeat(rounds, [&] { round_of(subject); });
    const std::size_t bound = before + static_cast<std::size_t>(done) / 2;
    // A thread that was joined may be seen by the kernel for a moment more.
    const Instant end = platform::now() + 500ms;
    while (count() >= bound && platform::now() < end) {
    }
    const std::size_t after = count();
    if (after >= bound) throw Failed{fmt::format("{} lives leave {} {} behind", done, after - before, what)};
}

}  // namespace

void lifecycle_unstarted(Trial& trial) {
    trial.each([&](const Subject& subject) {
        Session session(subject);
        repeat(1000, [&] { const Instance instance = session.create(); });
    });
}

void lifecycle_start(Trial& trial) {
    trial.each([](const Subject& subject) {
        Session session(subject);
        Instance instance = session.create();
        session.start(instance);
        session.serve(5ms);
        instance.stop();
    });
}

void lifecycle_stop_mid_probe(Trial& trial) {
    trial.each([](const Subject& subject) {
        // One host for all: a thread that outlives its instance must still find it.
        Session session(subject);
        for (int count = 0; count < 6; ++count) {
            Instance instance = session.create();
            session.start(instance);
            session.ask(instance);
            if (count % 2 == 0) session.serve(1ms * count);
            instance.stop();
        }
    });
}

void lifecycle_two_instances(Trial& trial) {
    trial.each([](const Subject& subject) {
        Session session(subject);
        Instance first = session.create();
        Instance second = session.create();
        session.start(first);
        session.start(second);
        const auto of_first = session.ask(first);
        const auto of_second = session.ask(second);
        session.serve(Session::deadline + 2000ms,
                      [&] { return session.answer(first, of_first) && session.answer(second, of_second); });
        session.demand(Rule::answer);
        first.destroy();
        const Answer after = session.ask_and_wait(second);
        const auto before = session.answer(second, of_second);
        session.demand(Rule::answer);
        if (before && !before->by_host && after.by_host)
            throw Failed{"an instance does not answer any more when another one has ended"};
    });
}

void lifecycle_reconfigure(Trial& trial) {
    trial.each([](const Subject& subject) {
        Session session(subject);
        std::optional<Instance> old;
        repeat(50, [&] {
            std::optional<Instance> next;
            next.emplace(session.create());
            session.start(*next);
            session.ask(*next);
            old.reset();
            session.serve(1ms);
            old.emplace(std::move(*next));
        });
    });
}

void lifecycle_descriptors(Trial& trial) {
    trial.each([](const Subject& subject) {
        demand_no_growth(
            subject, [] { return open_descriptors().size(); }, "descriptors");
    });
}

void lifecycle_threads(Trial& trial) {
    trial.each([](const Subject& subject) { demand_no_growth(subject, threads, "threads"); });
}

void lifecycle_children(Trial& trial) {
    if (!children()) throw Skipped{"this kernel does not tell which children a process has"};
    trial.each([](const Subject& subject) {
        // One that was killed, and could not be waited for, may be there until the next.
        demand_no_growth(
            subject, [] { return children().value_or(0); }, "processes");
    });
}

void lifecycle_memory(Trial& trial) {
    trial.each([&](const Subject& subject) {
        if (heap_in_use() == 0) throw Skipped{"the allocator does not tell what is in use"};
        constexpr int some = 100;
        constexpr std::size_t unavoidable = 16;  // bytes a life
        // A table of a library may grow now and then; what leaks grows each time.
        constexpr int windows = 3;
        repeat(some, [&] { round_of(subject); });
        std::string grown;
        for (int window = 0; window < windows; ++window) {
            const std::size_t before = heap_in_use();
            const auto count = static_cast<std::size_t>(repeat(some, [&] { round_of(subject); }));
            const std::size_t after = heap_in_use();
            if (after <= before + count * unavoidable + 512) return;
            grown = fmt::format("{} lives leave {} bytes of memory behind", count, after - before);
        }
        throw Failed{grown};
    });
}

}  // namespace regent::plugin_check::tests
