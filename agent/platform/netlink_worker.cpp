// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/netlink_worker.hpp"

#include <poll.h>
#include <utility>

#include "agent/platform/realtime.hpp"

namespace regent::platform {

Result<std::unique_ptr<NetlinkWorker>> NetlinkWorker::open() {
    auto requests = NetlinkRequests::open();
    if (!requests) return tl::unexpected(requests.error());
    auto worker = Wakeup::open();
    if (!worker) return tl::unexpected(worker.error());
    auto engine = Wakeup::open();
    if (!engine) return tl::unexpected(engine.error());
    return std::unique_ptr<NetlinkWorker>(
        new NetlinkWorker(std::move(*requests), std::move(*worker), std::move(*engine)));
}

void NetlinkWorker::start(std::optional<int> realtime_priority) {
    thread_ = std::thread([this, realtime_priority] { run(realtime_priority); });
}

void NetlinkWorker::queue(Request request) {
    queued_ = true;
    if (waiting_.try_push(std::move(request))) return;
    // NOLINTBEGIN(bugprone-use-after-move): try_push() leaves what it refuses
    if (std::holds_alternative<core::RenewLease>(request)) {
        ++dropped_renewals_;
        return;
    }
    refused_here_.push_back(refusal(request, "too many requests to the kernel are waiting"));
    // NOLINTEND(bugprone-use-after-move)
    wake_engine_.signal();
}

void NetlinkWorker::kick() {
    if (std::exchange(queued_, false)) wake_worker_.signal();
}

void NetlinkWorker::drain(std::vector<core::Input>& refused) {
    wake_engine_.clear();
    std::move(refused_here_.begin(), refused_here_.end(), std::back_inserter(refused));
    refused_here_.clear();
    bool any = false;
    while (auto answer = answers_.try_pop()) {
        refused.push_back(std::move(*answer));
        any = true;
    }
    // It may have been waiting for room.
    if (any) wake_worker_.signal();
}

void NetlinkWorker::finish() {
    if (!thread_.joinable()) return;
    ending_.store(true, std::memory_order_release);
    wake_worker_.signal();
    thread_.join();
}

void NetlinkWorker::run(std::optional<int> realtime_priority) {
    // That it is not permitted has been told by the engine thread.
    if (realtime_priority) (void)set_realtime_priority(*realtime_priority);
    while (true) {
        pollfd wake{wake_worker_.fd(), POLLIN, 0};
        (void)::poll(&wake, 1, -1);
        const bool ending = ending_.load(std::memory_order_acquire);
        wake_worker_.clear();
        carry_out();
        if (ending) return;
    }
}

void NetlinkWorker::carry_out() {
    deliver();
    for (std::size_t taken = NetlinkRequests::slice_requests; taken == NetlinkRequests::slice_requests;) {
        taken = 0;
        while (taken < NetlinkRequests::slice_requests) {
            auto request = waiting_.try_pop();
            if (!request) break;
            ++taken;
            requests_.queue(std::move(*request));
        }
        if (taken > 0) requests_.flush_slice(undelivered_);
        deliver();
    }
}

void NetlinkWorker::deliver() {
    std::size_t given = 0;
    while (given < undelivered_.size() && answers_.try_push(std::move(undelivered_[given])))
        ++given;
    undelivered_.erase(undelivered_.begin(), undelivered_.begin() + static_cast<std::ptrdiff_t>(given));
    if (given > 0) wake_engine_.signal();
}

}  // namespace regent::platform
