// SPDX-License-Identifier: Apache-2.0
// A notifier as a C++ class. `sdk::notifier<YourNotifier>` makes a type of it. It looks like a check
// (check.hpp) with
//
//         void notify(const sdk::Event& event);    // ends with context.ack(event.id, …), now or later
//         void cancel(std::uint64_t event_id);     // unless notify() acks before it returns
//
// in the place of probe() and cancel(). A notify() that throws counts as failed. One that takes no time:
//
//     class Datagram {
//       public:
//         static constexpr std::string_view name = "datagram", summary = "each event as JSON to a socket";
//         static constexpr std::array params{sdk::Param::path("socket", "who reads it").required()};
//         Datagram(sdk::Context context, const sdk::Values& values)
//             : context_(context), path_(values.text("socket")) {}
//         void start() { socket_ = connected_socket(path_); }  // SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC
//         void notify(const sdk::Event& event) {
//             const bool sent = ::send(socket_, event.json.data(), event.json.size(), 0) >= 0;
//             context_.ack(event.id, sent, sent ? "" : std::strerror(errno));
//         }
//         ...
//     };
#pragma once

#include "regent/abi/notifier.h"
#include "regent/abi/plugin.h"
#include "regent/detail.hpp"

namespace regent::sdk {

enum class EventKind : std::uint32_t {
    instance = REGENT_EVENT_INSTANCE,
    group = REGENT_EVENT_GROUP,
    test = REGENT_EVENT_TEST
};

/// What happened. The meaning of each field: regent/abi/notifier.h.
struct Event {
    EventKind kind = EventKind::test;
    std::uint64_t id = 0;
    std::uint64_t sequence = 0;
    std::int64_t wall_ns = 0;
    std::uint32_t priority = 0;
    std::string node, name, group, old_state, new_state, reason, json;
};

namespace detail {

inline Event event_of(const regent_event& abi) {
    const auto text = [](regent_str from) { return std::string(from_abi(from)); };
    return {EventKind{abi.kind}, abi.event_id,        abi.sequence,     abi.wall_ns,
            abi.priority,        text(abi.node),      text(abi.name),   text(abi.group),
            text(abi.old_state), text(abi.new_state), text(abi.reason), text(abi.json)};
}

template <class Notifier>
struct NotifierOps : Common<Notifier> {
    static void notify(void* self, const regent_event* event) noexcept {
        auto& holder = held<Notifier>(self);
        NotifierOps::run([&] { holder.object.notify(event_of(*event)); },
                         [&](std::string_view text) { holder.context.ack(event->event_id, false, text); });
    }
    static void cancel(void* self, std::uint64_t id) noexcept {
        if constexpr (requires(Notifier & notifier) { notifier.cancel(id); }) {
            NotifierOps::run_and_log(self, [&] { held<Notifier>(self).object.cancel(id); });
        }
    }
};

template <class Notifier>
inline constexpr regent_notifier_ops notifier_ops{
    sizeof(regent_notifier_ops),     0,
    NotifierOps<Notifier>::validate, NotifierOps<Notifier>::create,
    NotifierOps<Notifier>::start,    NotifierOps<Notifier>::notify,
    NotifierOps<Notifier>::cancel,   NotifierOps<Notifier>::on_fd,
    NotifierOps<Notifier>::on_timer, NotifierOps<Notifier>::on_wake,
    NotifierOps<Notifier>::stop,     NotifierOps<Notifier>::destroy,
    NotifierOps<Notifier>::describe};

}  // namespace detail

template <class Notifier>
inline constexpr regent_type notifier = detail::describe_type<Notifier>(REGENT_KIND_NOTIFIER,
                                                                        &detail::notifier_ops<Notifier>);

}  // namespace regent::sdk
