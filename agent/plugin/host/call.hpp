// SPDX-License-Identifier: Apache-2.0
// The edge to foreign code: every operation of a plugin is called through here.
#pragma once

#include <exception>

#include "agent/platform/clock.hpp"
#include "agent/plugin/host/host.hpp"

namespace regent::plugin::host {

template <class Operation>
bool Host::call(InstanceId id, const char* name, const Operation& operation) {
    const Instant begin = platform::now();
    const char* thrown = nullptr;
    std::string words;
    try {
        operation();
    } catch (const std::exception& problem) {
        words = problem.what();
        thrown = words.c_str();
    } catch (...) {
        thrown = "of an unknown type";
    }
    after_call(id, name, platform::now() - begin, thrown);
    return thrown == nullptr;
}

}  // namespace regent::plugin::host
