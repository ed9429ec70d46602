// SPDX-License-Identifier: Apache-2.0
// What an instance of a check or notifier may ask of its host. Small and cheap to copy.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "regent/abi/host.h"
#include "regent/values.hpp"

namespace regent::sdk {

/// CLOCK_MONOTONIC, or the virtual time of a test.
struct Clock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock>;
    static constexpr bool is_steady = true;
};
using Instant = Clock::time_point;

enum class ProbeId : std::uint64_t {};
/// For a report that nobody asked for.
inline constexpr ProbeId unsolicited{0};

enum class State : std::uint32_t {
    up = REGENT_STATE_UP,
    degraded = REGENT_STATE_DEGRADED,
    down = REGENT_STATE_DOWN,
    unknown = REGENT_STATE_UNKNOWN
};

enum class Reason : std::uint32_t {
    ok = REGENT_REASON_OK,
    timeout = REGENT_REASON_TIMEOUT,
    refused = REGENT_REASON_REFUSED,
    unreachable = REGENT_REASON_UNREACHABLE,
    reset = REGENT_REASON_RESET,
    protocol = REGENT_REASON_PROTOCOL,
    auth = REGENT_REASON_AUTH,
    not_found = REGENT_REASON_NOT_FOUND,
    exited = REGENT_REASON_EXITED,
    resource = REGENT_REASON_RESOURCE,
    permission = REGENT_REASON_PERMISSION,
    config = REGENT_REASON_CONFIG,
    internal = REGENT_REASON_INTERNAL
};

enum class Level : std::uint32_t {
    error = REGENT_LOG_ERROR,
    warning = REGENT_LOG_WARNING,
    info = REGENT_LOG_INFO,
    debug = REGENT_LOG_DEBUG
};

struct Metric {
    std::string name;
    double value = 0;
};

/// What a check saw. The meaning of each field: regent/abi/result.h.
struct Result {
    State state = State::unknown;
    Reason reason = Reason::internal;
    std::string message{};
    int detail_code = 0;
    std::vector<Metric> metrics{};
};

inline Result up(std::string message = {}, std::vector<Metric> metrics = {}) {
    return {State::up, Reason::ok, std::move(message), 0, std::move(metrics)};
}
/// `detail_code`: an errno, an exit status, 0 for none.
inline Result degraded(Reason reason, std::string message, int detail_code = 0,
                       std::vector<Metric> metrics = {}) {
    return {State::degraded, reason, std::move(message), detail_code, std::move(metrics)};
}
inline Result down(Reason reason, std::string message, int detail_code = 0,
                   std::vector<Metric> metrics = {}) {
    return {State::down, reason, std::move(message), detail_code, std::move(metrics)};
}
inline Result unknown(Reason reason, std::string message, int detail_code = 0,
                      std::vector<Metric> metrics = {}) {
    return {State::unknown, reason, std::move(message), detail_code, std::move(metrics)};
}

class Context {
  public:
    Context(const regent_host* host, regent_instance instance) : host_(host), instance_(instance) {}

    /// Any thread.
    Instant now() const { return Instant(Duration(host_->now_ns(host_))); }
    /// Any thread.
    void log(Level level, std::string_view text) const {
        host_->log(host_, instance_, static_cast<std::uint32_t>(level), to_abi(text));
    }
    /// Any thread. Answers `probe`, or tells by itself with `unsolicited`.
    void report(ProbeId probe, const Result& result) const {
        std::vector<regent_metric> metrics;
        for (const Metric& metric : result.metrics)
            metrics.push_back({to_abi(metric.name), metric.value});
        const regent_result abi{sizeof abi,
                                static_cast<std::uint32_t>(result.state),
                                static_cast<std::uint64_t>(probe),
                                0,
                                0,
                                static_cast<std::uint32_t>(result.reason),
                                result.detail_code,
                                to_abi(result.message),
                                metrics.data(),
                                metrics.size()};
        host_->report(host_, instance_, &abi);
    }
    /// Any thread. Ends the delivery of an event.
    void ack(std::uint64_t event_id, bool delivered, std::string_view text = {}) const {
        host_->ack(host_, instance_, event_id, delivered ? REGENT_ACK_DELIVERED : REGENT_ACK_FAILED,
                   to_abi(text));
    }
    /// Loop thread. `events`: REGENT_FD_READ | REGENT_FD_WRITE. Throws std::system_error.
    void watch(int fd, std::uint32_t events) const {
        check(host_->watch_fd(host_, instance_, fd, events), "watch_fd");
    }
    /// Loop thread. Must come before close().
    void unwatch(int fd) const { host_->watch_fd(host_, instance_, fd, 0); }
    /// Loop thread. Replaces what was set for `timer`. Throws std::system_error.
    void set_timer(std::uint64_t timer, Instant at) const {
        const auto at_ns = at.time_since_epoch().count();
        check(host_->set_timer(host_, instance_, timer, at_ns > 0 ? at_ns : 1), "set_timer");
    }
    /// Loop thread.
    void clear_timer(std::uint64_t timer) const { host_->set_timer(host_, instance_, timer, 0); }
    /// Any thread: has on_wake() called on the loop thread.
    void wake() const { host_->wake(host_, instance_); }

  private:
    static void check(int error, const char* what) {
        if (error != 0) throw std::system_error(error, std::generic_category(), what);
    }

    const regent_host* host_;
    regent_instance instance_;
};

}  // namespace regent::sdk
