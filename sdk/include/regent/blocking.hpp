// SPDX-License-Identifier: Apache-2.0
// A check for a library that blocks: each instance has a thread of its own, where it may wait. The loop never
// does.
//
//     class Database : public sdk::BlockingCheck {
//       public:
//         static constexpr std::string_view name = "database", summary = "logs in and asks for one row";
//         static constexpr std::array params{sdk::Param::text("url", "which database").required()};
//         Database(sdk::Context context, const sdk::Values& values)
//             : BlockingCheck(context), url_(values.text("url")) {}
//
//       private:
//         sdk::Result run(sdk::Instant deadline) override;  // in the thread; must return by the deadline
//     };
//
// A thread cannot be ended from outside: run() itself must return by its deadline, so set the library's own
// timeouts from `deadline - context().now()`. A run() that is late holds up the next probe, and stop(), for
// as long as it is late.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "regent/check.hpp"

namespace regent::sdk {

class BlockingCheck {
  public:
    BlockingCheck(const BlockingCheck&) = delete;
    BlockingCheck& operator=(const BlockingCheck&) = delete;

    // What the host calls, on its loop thread. Not for authors to call or to hide.

    void start() { worker_ = std::thread(&BlockingCheck::work, this); }
    void probe(ProbeId probe, Instant deadline) {
        const std::lock_guard lock(mutex_);
        wanted_ = Job{probe, deadline};
        is_new_ = true;
        changed_.notify_one();
    }
    void cancel(ProbeId) {
        const std::lock_guard lock(mutex_);
        wanted_.reset();
    }
    /// Returns when run() has.
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            wanted_.reset();
            ending_ = true;
            changed_.notify_one();
        }
        if (worker_.joinable()) worker_.join();
    }

  protected:
    explicit BlockingCheck(Context context) : context_(context) {}
    /// stop() came before, or start() never did.
    virtual ~BlockingCheck() = default;

    /// Looks, and says what it saw. What it throws is UNKNOWN. Runs in the instance's thread, never twice at
    /// a time.
    virtual Result run(Instant deadline) = 0;

    const Context& context() const { return context_; }
    /// Any thread. False once the host has given up: a run() of many steps may ask between them and return at
    /// once; what it returns then is dropped.
    bool is_wanted() const {
        const std::lock_guard lock(mutex_);
        return running_ && wanted_ && wanted_->probe == *running_;
    }

  private:
    struct Job {
        ProbeId probe;
        Instant deadline;
    };

    void work() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return ending_ || (wanted_ && is_new_); });
            if (ending_) return;
            const Job job = *wanted_;
            is_new_ = false;
            running_ = job.probe;
            lock.unlock();
            const Result result = outcome(job.deadline);
            lock.lock();
            running_.reset();
            if (!wanted_ || wanted_->probe != job.probe) continue;
            wanted_.reset();
            // With the lock held: after cancel() has returned, nothing is reported for that probe.
            context_.report(job.probe, result);
        }
    }
    Result outcome(Instant deadline) {
        try {
            return run(deadline);
        } catch (const std::exception& problem) {
            return unknown(Reason::internal, problem.what());
        } catch (...) {
            return unknown(Reason::internal, "an exception of an unknown type");
        }
    }

    const Context context_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Job> wanted_;
    bool is_new_ = false;  ///< no run has taken up `wanted_` yet
    std::optional<ProbeId> running_;
    bool ending_ = false;
    std::thread worker_;
};

}  // namespace regent::sdk
