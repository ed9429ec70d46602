// SPDX-License-Identifier: Apache-2.0
// What a FakeHost (regent/testing.hpp) knows of one instance.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "regent/abi/check.h"
#include "regent/abi/notifier.h"
#include "regent/abi/plugin.h"
#include "regent/context.hpp"

namespace regent::sdk::testing {

struct Report : Result {
    ProbeId probe = unsolicited;
    Instant at{};
    bool by_host = false;  ///< nobody answered by the deadline
};
struct Ack {
    std::uint64_t event_id = 0;
    bool delivered = false;
    std::string text{};
    bool by_host = false;
};
struct LogLine {
    Level level{};
    std::string text{};
};

/// The operations of either kind.
struct Operations {
    int (*validate)(const regent_value*, std::size_t, regent_error*);
    void* (*create)(const regent_host*, regent_instance, const regent_value*, std::size_t, regent_error*);
    int (*start)(void*, regent_error*);
    void (*probe)(void*, std::uint64_t, std::int64_t);
    void (*notify)(void*, const regent_event*);
    void (*cancel)(void*, std::uint64_t);
    void (*on_fd)(void*, int, std::uint32_t);
    void (*on_timer)(void*, std::uint64_t);
    void (*on_wake)(void*);
    void (*stop)(void*);
    void (*destroy)(void*);
    std::size_t (*describe)(void*, char*, std::size_t);

    static Operations of(const regent_type& type) {
        if (type.kind == REGENT_KIND_CHECK) {
            const auto ops = grown<regent_check_ops>(type.ops);
            return {ops.validate, ops.create,   ops.start,   ops.probe, nullptr,     ops.cancel,
                    ops.on_fd,    ops.on_timer, ops.on_wake, ops.stop,  ops.destroy, ops.describe};
        }
        const auto ops = grown<regent_notifier_ops>(type.ops);
        return {ops.validate, ops.create,   ops.start,   nullptr,  ops.notify,  ops.cancel,
                ops.on_fd,    ops.on_timer, ops.on_wake, ops.stop, ops.destroy, ops.describe};
    }

  private:
    /// What an older plugin does not have is null.
    template <class Ops>
    static Ops grown(const void* from) {
        Ops made{};
        std::uint32_t size = 0;
        std::memcpy(&size, from, sizeof size);
        std::memcpy(&made, from, std::min<std::size_t>(size, sizeof made));
        return made;
    }
};

enum class Phase : std::uint8_t { created, started, stopped, destroyed };

/// One instance. What any thread may touch (all from `phase` on) is guarded by the loop's mutex.
struct Record {
    const regent_type* type = nullptr;
    regent_instance id = 0;
    Operations ops{};
    void* self = nullptr;
    Phase phase = Phase::created;
    std::uint64_t pending = 0;  ///< the probe or event under way
    Duration deadline{};
    std::set<std::uint64_t> cancelled{};
    bool cancelling = false;  ///< cancel() is being called
    bool woken = false;
    std::map<int, std::uint32_t> watched{};
    std::map<std::uint64_t, Duration> timers{};
    std::vector<Report> reports{};
    std::vector<Ack> acks{};
    std::vector<LogLine> logs{};
};

}  // namespace regent::sdk::testing
