// SPDX-License-Identifier: Apache-2.0
// Carries out what the engine wants of the kernel in a thread of its own. The kernel changes addresses under
// a lock (RTNL) that others, such as containers that come and go, hold for hundreds of milliseconds; adverts
// must not wait for it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/core/input.hpp"
#include "agent/platform/netlink_requests.hpp"
#include "agent/platform/spsc_queue.hpp"
#include "agent/platform/wakeup.hpp"

namespace regent::platform {

/// All functions belong to the engine thread. Requests are carried out in order.
class NetlinkWorker {
  public:
    using Request = NetlinkRequests::Request;
    /// Requests that may wait.
    static constexpr std::size_t capacity = 16384;

    static Result<std::unique_ptr<NetlinkWorker>> open();
    /// Ends the thread, after what waits has been carried out.
    ~NetlinkWorker() { finish(); }
    NetlinkWorker(const NetlinkWorker&) = delete;
    NetlinkWorker& operator=(const NetlinkWorker&) = delete;

    /// Starts the thread in the network namespace of the caller, with SCHED_RR of that priority if there is
    /// one and it is permitted.
    void start(std::optional<int> realtime_priority);

    /// Never waits. Where too many wait already, the request counts as refused; a renewal is dropped, for the
    /// next advertisement brings another.
    void queue(Request request);
    /// Wakes the thread if something was queued.
    void kick();

    /// Readable, level-triggered, while drain() has something to give.
    int fd() const { return wake_engine_.fd(); }
    /// Appends the refusals of NetlinkRequests.
    void drain(std::vector<core::Input>& refused);

    /// Carries out what waits and ends the thread.
    void finish();
    /// Renewals that were dropped because too much was waiting.
    std::uint64_t dropped_renewals() const { return dropped_renewals_; }

  private:
    NetlinkWorker(NetlinkRequests requests, Wakeup worker, Wakeup engine)
        : requests_(std::move(requests)), wake_worker_(std::move(worker)), wake_engine_(std::move(engine)) {}

    void run(std::optional<int> realtime_priority);
    void carry_out();
    void deliver();

    NetlinkRequests requests_;               ///< the worker thread
    std::vector<core::Input> undelivered_;   ///< the worker thread
    std::vector<core::Input> refused_here_;  ///< the engine thread: did not fit
    std::uint64_t dropped_renewals_ = 0;
    bool queued_ = false;
    SpscQueue<Request> waiting_{capacity};
    SpscQueue<core::Input> answers_{capacity};
    Wakeup wake_worker_;
    Wakeup wake_engine_;
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

}  // namespace regent::platform
