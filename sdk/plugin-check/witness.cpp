// SPDX-License-Identifier: Apache-2.0
#include "sdk/plugin-check/witness.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "agent/platform/clock.hpp"

namespace regent::plugin_check {
namespace {

Witness* current = nullptr;

}  // namespace

template <class Call>
void Witness::watch(const char* name, const Call& call) {
    const Duration waited_before = kept_waiting();
    const Instant begin = platform::now();
    try {
        call();
    } catch (const std::exception& problem) {
        thrown_.push_back(std::string(name) + ": " + problem.what());
    } catch (...) {
        thrown_.push_back(std::string(name) + ": an exception of an unknown type");
    }
    const Duration took = platform::now() - begin;
    Duration& longest = longest_[name];
    longest = std::max(longest, took - (kept_waiting() - waited_before));
}

/// The functions that the host is given in the place of the plugin's.
struct Watched {
    static int validate(const regent_value* values, std::size_t count, regent_error* error) {
        int result = 1;
        current->watch("validate", [&] { result = current->real_.validate(values, count, error); });
        return result;
    }
    static void* create(const regent_host* host, regent_instance id, const regent_value* values,
                        std::size_t count, regent_error* error) {
        void* self = nullptr;
        current->watch("create", [&] { self = current->real_.create(host, id, values, count, error); });
        if (self != nullptr) current->last_self_ = self;
        return self;
    }
    static int start(void* self, regent_error* error) {
        int result = 1;
        current->watch("start", [&] { result = current->real_.start(self, error); });
        return result;
    }
    static void probe(void* self, std::uint64_t id, std::int64_t deadline) {
        current->watch("probe", [&] { current->real_.probe(self, id, deadline); });
    }
    static void notify(void* self, const regent_event* event) {
        current->watch("notify", [&] { current->real_.notify(self, event); });
    }
    static void cancel(void* self, std::uint64_t id) {
        current->watch("cancel", [&] { current->real_.cancel(self, id); });
    }
    static void on_fd(void* self, int fd, std::uint32_t events) {
        current->watch("on_fd", [&] { current->real_.on_fd(self, fd, events); });
    }
    static void on_timer(void* self, std::uint64_t timer) {
        current->watch("on_timer", [&] { current->real_.on_timer(self, timer); });
    }
    static void on_wake(void* self) {
        current->watch("on_wake", [&] { current->real_.on_wake(self); });
    }
    static void stop(void* self) {
        current->watch("stop", [&] { current->real_.stop(self); });
    }
    static void destroy(void* self) {
        current->watch("destroy", [&] { current->real_.destroy(self); });
    }
    static std::size_t describe(void* self, char* json, std::size_t capacity) {
        std::size_t length = 0;
        current->watch("describe", [&] { length = current->real_.describe(self, json, capacity); });
        return length;
    }

    /// What both kinds have; what the plugin leaves out stays out.
    template <class Ops>
    static void fill(Ops& ops, const sdk::testing::Operations& real) {
        ops.struct_size = sizeof ops;
        ops.validate = real.validate == nullptr ? nullptr : validate;
        ops.create = create;
        ops.start = real.start == nullptr ? nullptr : start;
        ops.cancel = cancel;
        ops.on_fd = real.on_fd == nullptr ? nullptr : on_fd;
        ops.on_timer = real.on_timer == nullptr ? nullptr : on_timer;
        ops.on_wake = real.on_wake == nullptr ? nullptr : on_wake;
        ops.stop = real.stop == nullptr ? nullptr : stop;
        ops.destroy = destroy;
        ops.describe = real.describe == nullptr ? nullptr : describe;
    }
};

Duration Witness::kept_waiting() const {
    // "1234 567 8": ns on a processor, ns in a queue for one, turns.
    std::array<char, 80> text{};
    long long ran = 0;
    long long waited = 0;
    if (::pread(schedule_.get(), text.data(), text.size() - 1, 0) <= 0) return {};
    return std::sscanf(text.data(), "%lld %lld", &ran, &waited) == 2 ? Duration(waited) : Duration{};
}

Witness::Witness(const regent_type& type)
    : schedule_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)),
      type_(type),
      real_(sdk::testing::Operations::of(type)) {
    Watched::fill(check_, real_);
    check_.probe = Watched::probe;
    Watched::fill(notifier_, real_);
    notifier_.notify = Watched::notify;
    const bool is_check = type.kind == REGENT_KIND_CHECK;
    type_.ops = is_check ? static_cast<const void*>(&check_) : static_cast<const void*>(&notifier_);
    current = this;
}

Witness::~Witness() {
    current = nullptr;
}

}  // namespace regent::plugin_check
