// SPDX-License-Identifier: Apache-2.0
// What plugins say from any thread, until the loop thread hands it on. It also knows which question of each
// instance is open: an answer and the end of its time may come at the same moment on two threads, and one of
// them is the first.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/platform/wakeup.hpp"
#include "agent/plugin/protocol.hpp"

#include "regent/abi/host.h"

namespace regent::plugin::host {

class Mailbox {
  public:
    /// Of reports that nobody asked for, and of log lines, of one instance: more are not kept, reports
    /// without the oldest, log lines without the newest.
    static constexpr std::size_t maximum_unasked = 64;
    static constexpr std::size_t maximum_lines = 64;
    /// Log lines of an instance a second.
    static constexpr unsigned lines_a_second = 20;

    struct Counters {
        std::uint64_t late_calls = 0;
        std::uint64_t dropped_logs = 0;
        std::uint64_t dropped_reports = 0;
    };

    /// The calling thread is the loop thread. `wakeup` is signalled when another thread has left something.
    explicit Mailbox(platform::Wakeup wakeup) : wakeup_(std::move(wakeup)) {}

    // Loop thread.
    int fd() const { return wakeup_.fd(); }
    void clear_signal() { wakeup_.clear(); }
    bool on_loop_thread() const { return std::this_thread::get_id() == loop_thread_; }
    /// From now on `instance` may log; from started() on it may report.
    void open(InstanceId instance, bool notifier);
    void started(InstanceId instance);
    /// It may only log from now on; reports and acks that have not been taken are forgotten.
    void ended(InstanceId instance);
    /// It is gone, and what it said and has not been taken, too.
    void close(InstanceId instance);
    /// A probe or an event is open from `now` on; one before it is not any more.
    void ask(InstanceId instance, std::uint64_t question, Instant now);
    bool is_open(InstanceId instance, std::uint64_t question);
    /// Whether `question` was open until now: then its time is over, and no answer is taken any more.
    bool give_up(InstanceId instance, std::uint64_t question);
    /// Everything that was said, in the order of each instance.
    /// All of some instances, `enough` messages and a few more; fewer: nothing is left.
    std::vector<ToAgent> take(std::size_t enough);
    std::vector<InstanceId> take_wakes();
    /// Has the loop come back here if somebody has been woken since take_wakes().
    void signal_if_woken();
    Counters counters();

    // Any thread. They never throw: what there is no memory for is dropped and counted.
    void report(InstanceId instance, const regent_result* result, Instant now) noexcept;
    void ack(InstanceId instance, std::uint64_t event, std::uint32_t status, std::string_view text) noexcept;
    void log(InstanceId instance, std::uint32_t level, std::string_view text, Instant now) noexcept;
    void wake(InstanceId instance) noexcept;

  private:
    struct Box {
        bool notifier = false;
        bool started = false;
        bool woken = false;
        std::uint64_t question = 0;  ///< 0: none is open
        Instant asked{};
        std::deque<ToAgent> said;
        std::size_t unasked = 0;
        std::size_t lines = 0;
        Instant lines_from{};  ///< `lines_since` counts from here
        unsigned lines_since = 0;
    };

    /// `work` on the box of `instance` under the lock; without a box, or if it says so, the call was late.
    template <class Work>
    void with_box(InstanceId instance, const Work& work) noexcept;
    void put(InstanceId instance, Box& box, ToAgent message);
    void drop_oldest_unasked(Box& box);
    void signal();

    platform::Wakeup wakeup_;
    const std::thread::id loop_thread_ = std::this_thread::get_id();
    std::mutex lock_;
    std::map<InstanceId, Box> boxes_;
    std::vector<InstanceId> full_;   ///< boxes with something said
    std::vector<InstanceId> woken_;  ///< boxes that are to be woken
    Counters counters_;
};

}  // namespace regent::plugin::host
