// SPDX-License-Identifier: Apache-2.0
// What a shared object says about itself, checked and copied, so that nothing else here needs to doubt it. It
// is foreign memory: a pointer that is not null is believed, everything else is looked at.
#pragma once

#include <vector>

#include "agent/base/result.hpp"
#include "agent/config/schema.hpp"

#include "regent/abi/plugin.h"

namespace regent::plugin::host {

/// The operations of a check or a notifier: regent_check_ops and regent_notifier_ops differ in one. Those
/// that are optional may be null.
struct Operations {
    int (*validate)(const regent_value*, std::size_t, regent_error*) = nullptr;
    void* (*create)(const regent_host*, regent_instance, const regent_value*, std::size_t,
                    regent_error*) = nullptr;
    int (*start)(void*, regent_error*) = nullptr;
    void (*probe)(void*, std::uint64_t, std::int64_t) = nullptr;  ///< of a check
    void (*notify)(void*, const regent_event*) = nullptr;         ///< of a notifier
    void (*cancel)(void*, std::uint64_t) = nullptr;
    void (*on_fd)(void*, int, std::uint32_t) = nullptr;
    void (*on_timer)(void*, std::uint64_t) = nullptr;
    void (*on_wake)(void*) = nullptr;
    void (*stop)(void*) = nullptr;
    void (*destroy)(void*) = nullptr;
};

/// What a plugin offers: type number n of the description has operations number n.
struct Contract {
    config::Plugin description;
    std::vector<Operations> operations;
};

/// Never throws; the error says what the plugin got wrong.
Result<Contract> read_contract(const regent_plugin& plugin);

}  // namespace regent::plugin::host
