// SPDX-License-Identifier: Apache-2.0
// regent_host: what the plugin may ask. Nothing is thrown across.
#include <cerrno>
#include <new>
#include <sys/epoll.h>
#include <type_traits>

#include "agent/plugin/host/call.hpp"

namespace regent::plugin::host {
namespace {

std::string_view view(regent_str text) {
    return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

template <class Work>
int errno_of(const Work& work) noexcept {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return ENOMEM;
    } catch (...) {
        return EINVAL;
    }
}

}  // namespace

Host& Host::of(const regent_host* table) {
    static_assert(std::is_standard_layout_v<Table> && offsetof(Table, abi) == 0);
    return *reinterpret_cast<const Table*>(table)->host;
}

regent_host Host::make_table() {
    regent_host table{};
    table.struct_size = sizeof table;
    table.abi_major = REGENT_ABI_MAJOR;
    table.abi_minor = REGENT_ABI_MINOR;
    table.now_ns = [](const regent_host*) noexcept -> std::int64_t {
        return platform::now().time_since_epoch().count();
    };
    table.log = [](const regent_host* self, regent_instance id, std::uint32_t level,
                   regent_str text) noexcept {
        of(self).mailbox_.log(id, level, view(text), platform::now());
    };
    table.report = [](const regent_host* self, regent_instance id, const regent_result* result) noexcept {
        of(self).mailbox_.report(id, result, platform::now());
    };
    table.ack = [](const regent_host* self, regent_instance id, std::uint64_t event, std::uint32_t status,
                   regent_str text) noexcept { of(self).mailbox_.ack(id, event, status, view(text)); };
    table.watch_fd = [](const regent_host* self, regent_instance id, int fd, std::uint32_t events) noexcept {
        return errno_of([&] { return of(self).watch_fd(id, fd, events); });
    };
    table.set_timer = [](const regent_host* self, regent_instance id, std::uint64_t timer,
                         std::int64_t at) noexcept {
        return errno_of([&] { return of(self).set_timer(id, timer, at); });
    };
    table.wake = [](const regent_host* self, regent_instance id) noexcept { of(self).mailbox_.wake(id); };
    table.extension = [](const regent_host*, regent_str) noexcept -> const void* { return nullptr; };
    return table;
}

int Host::watch_fd(InstanceId id, int fd, std::uint32_t events) {
    if (!mailbox_.on_loop_thread()) return EPERM;
    Instance* instance = find(id);
    if (instance == nullptr || !instance->started || fd < 0) return EINVAL;
    if (events == 0) {
        if (instance->watched.erase(fd) != 0) loop_.unwatch(fd);
        return 0;
    }
    if ((events & ~static_cast<std::uint32_t>(REGENT_FD_READ | REGENT_FD_WRITE)) != 0) return EINVAL;
    platform::EventLoop::Events wanted = 0;
    if ((events & REGENT_FD_READ) != 0) wanted |= EPOLLIN;
    if ((events & REGENT_FD_WRITE) != 0) wanted |= EPOLLOUT;
    return watch_anew(*instance, fd, wanted);
}

int Host::watch_anew(Instance& instance, int fd, platform::EventLoop::Events events) {
    // A descriptor that was closed while it was watched, and whose number is in use again, is another one:
    // only watching it anew finds that.
    if (instance.watched.erase(fd) != 0) loop_.unwatch(fd);
    const auto done = loop_.watch(fd, events, [this, id = instance.id, fd](platform::EventLoop::Events seen) {
        deliver(id, fd, seen);
        settle();
    });
    if (!done) return done.error().code;
    instance.watched[fd] = events;
    return 0;
}

int Host::set_timer(InstanceId id, std::uint64_t timer, std::int64_t at) {
    if (!mailbox_.on_loop_thread()) return EPERM;
    const Instance* instance = find(id);
    if (instance == nullptr || !instance->started || at < 0) return EINVAL;
    const Timers::Key key{id, Timers::Use::plugin, timer};
    if (at == 0) {
        timers_.clear(key);
        return 0;
    }
    if (!timers_.has(key) && timers_.count(id, maximum_timers) == maximum_timers) return ENOSPC;
    timers_.set(key, Instant(Duration(at)));
    return 0;
}

}  // namespace regent::plugin::host
