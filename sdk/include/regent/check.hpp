// SPDX-License-Identifier: Apache-2.0
// A check as a C++ class. `sdk::check<YourCheck>` makes a type of it; what the class must have:
//
//     class YourCheck {
//       public:
//         static constexpr std::string_view name = "your", summary = "what it checks";
//         static constexpr std::array params{sdk::Param::port("port", "a port").required()};  // optional
//         static constexpr std::uint32_t flags = REGENT_TYPE_PUSHES;                          // optional
//         YourCheck(sdk::Context context, const sdk::Values& values);
//         void probe(sdk::ProbeId probe, sdk::Instant deadline);
//         void cancel(sdk::ProbeId probe);                  // unless probe() answers before it returns
//         static void validate(const sdk::Values& values);  // optional, like all below
//         void start();
//         void on_fd(int fd, std::uint32_t events);
//         void on_timer(std::uint64_t timer);
//         void on_wake();
//         void stop();
//         std::string describe();
//     };
//
// What each is for, and when it is called: regent/abi/check.h. What they throw is caught: a constructor that
// throws refuses its parameters (Blame names one), a probe that throws is UNKNOWN, anything else is logged.
#pragma once

#include "regent/abi/check.h"
#include "regent/abi/plugin.h"
#include "regent/detail.hpp"

namespace regent::sdk {
namespace detail {

template <class Check>
struct CheckOps : Common<Check> {
    static void probe(void* self, std::uint64_t id, std::int64_t deadline_ns) noexcept {
        auto& holder = held<Check>(self);
        CheckOps::run([&] { holder.object.probe(ProbeId{id}, Instant(Duration(deadline_ns))); },
                      [&](std::string_view text) {
                          holder.context.report(ProbeId{id}, unknown(Reason::internal, std::string(text)));
                      });
    }
    static void cancel(void* self, std::uint64_t id) noexcept {
        if constexpr (requires(Check & check) { check.cancel(ProbeId{id}); }) {
            CheckOps::run_and_log(self, [&] { held<Check>(self).object.cancel(ProbeId{id}); });
        }
    }
};

template <class Check>
inline constexpr regent_check_ops check_ops{sizeof(regent_check_ops),  0,
                                            CheckOps<Check>::validate, CheckOps<Check>::create,
                                            CheckOps<Check>::start,    CheckOps<Check>::probe,
                                            CheckOps<Check>::cancel,   CheckOps<Check>::on_fd,
                                            CheckOps<Check>::on_timer, CheckOps<Check>::on_wake,
                                            CheckOps<Check>::stop,     CheckOps<Check>::destroy,
                                            CheckOps<Check>::describe};

}  // namespace detail

template <class Check>
inline constexpr regent_type check = detail::describe_type<Check>(REGENT_KIND_CHECK,
                                                                  &detail::check_ops<Check>);

}  // namespace regent::sdk
