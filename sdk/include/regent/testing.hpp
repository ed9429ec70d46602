// SPDX-License-Identifier: Apache-2.0
// A host for unit tests: it runs a type in the test's own process, on a clock that only the test moves.
//
//     sdk::testing::FakeHost host;
//     auto check = host.create(sdk::check<YourCheck>, {{"port", 80}, {"host", "127.0.0.1"}});
//     check.start();
//     const auto probe = check.probe(1s);
//     REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
//     CHECK(check.answer(probe)->state == sdk::State::up);
//     CHECK(host.violations().empty());
//
// It knows nothing but the C tables, so it tests a plugin written in C as well. Every breach of the contract
// (regent/abi) is recorded in violations(); a test that never looks at them is ended by the destructor,
// loudly.
#pragma once

#include <memory>
#include <optional>

#include "regent/notifier.hpp"
#include "regent/testing/loop.hpp"

namespace regent::sdk::testing {

/// An instance of a type. Its end stops and destroys it. Must not outlive its FakeHost. Used by one thread,
/// the test's.
class Instance {
  public:
    Instance(Loop& loop, std::shared_ptr<Record> record) : loop_(&loop), record_(std::move(record)) {}
    Instance(Instance&&) = default;
    Instance& operator=(Instance&&) = delete;
    ~Instance() { destroy(); }

    /// Throws Refused.
    void start() { loop_->start(*record_); }
    /// Asks now. Once the clock has moved on by `deadline_in` without an answer, the host cancels and reports
    /// DOWN (timeout) itself, as the real one does.
    ProbeId probe(Duration deadline_in = std::chrono::seconds(1)) {
        return ProbeId{loop_->ask(*record_, deadline_in, nullptr)};
    }
    /// Notifiers: hands over an event and returns its number, which the host chooses.
    std::uint64_t notify(const Event& event, Duration deadline_in = std::chrono::seconds(5)) {
        return loop_->ask(*record_, deadline_in, &event);
    }
    /// Gives up the probe or the event under way; without one nothing happens.
    void cancel() { loop_->cancel(*record_); }
    void stop() { loop_->stop(*record_); }
    void destroy() {
        if (record_) loop_->destroy(*record_);
        record_.reset();
    }

    /// All that was reported so far, oldest first, with the timeouts that the host reported itself
    /// (`by_host`). Each is a Result, with `probe` (`unsolicited`: a push) and `at`.
    std::vector<Report> reports() const { return loop_->copy_of(record_->reports); }
    /// The answer to `probe`, if there is one by now.
    std::optional<Report> answer(ProbeId probe) const {
        for (const Report& report : reports()) {
            if (report.probe == probe) return report;
        }
        return std::nullopt;
    }
    /// `event_id`, `delivered`, `text`; `by_host`: nobody acked in time.
    std::vector<Ack> acks() const { return loop_->copy_of(record_->acks); }
    /// `level` and `text`.
    std::vector<LogLine> logs() const { return loop_->copy_of(record_->logs); }
    std::size_t watched() const { return watching().size(); }
    /// Each watched descriptor, and REGENT_FD_READ | REGENT_FD_WRITE.
    std::map<int, std::uint32_t> watching() const { return loop_->copy_of(record_->watched); }
    std::size_t timers() const { return loop_->copy_of(record_->timers).size(); }
    /// What describe() writes; it is asked again when it did not fit.
    std::string describe() const { return loop_->describe(*record_); }

  private:
    Loop* loop_;
    std::shared_ptr<Record> record_;
};

class FakeHost {
  public:
    FakeHost() = default;
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;
    ~FakeHost() { loop_.end_if_unseen_violations(); }

    /// Fills in defaults, checks `settings` against the schema, then validate and create, as the agent does.
    /// Throws Refused.
    Instance create(const regent_type& type, const Settings& settings = {}) {
        return {loop_, loop_.create(type, settings)};
    }

    Instant now() const { return Instant(Duration(loop_.now_ns())); }
    /// Moves the clock. What falls due on the way happens in order, each at its time: timers, and deadlines.
    void advance(Duration by) { loop_.advance(by); }
    /// Waits at most `limit` of real time for a watched descriptor or a wake, and hands out all that is
    /// there, and the timers that are due. Whether there was something.
    bool poll_once(std::chrono::milliseconds limit = std::chrono::milliseconds(0)) {
        return loop_.turn(limit);
    }
    /// The same until `done()` is true; at most `limit` of real time. The clock stands still meanwhile.
    /// Returns the last done().
    template <class Predicate>
    bool run_until(const Predicate& done, std::chrono::milliseconds limit = std::chrono::milliseconds(5000)) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!done()) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            if (left.count() <= 0) return done();
            loop_.turn(left);
        }
        return true;
    }

    /// Every breach of the contract so far, a sentence each.
    std::vector<std::string> violations() {
        std::vector<std::string> texts;
        for (const Violation& violation : loop_.violations())
            texts.push_back(violation.text);
        return texts;
    }
    /// The same, each with the rule that it breaks.
    std::vector<Violation> breaches() { return loop_.violations(); }
    /// Answers that worker threads gave after cancel() had returned: allowed, and ignored.
    std::size_t late_answers() const { return loop_.late_answers(); }

  private:
    Loop loop_;
};

}  // namespace regent::sdk::testing
