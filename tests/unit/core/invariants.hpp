// SPDX-License-Identifier: Apache-2.0
// What must hold after every step of every engine, whatever the test is about.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "agent/core/engine.hpp"

namespace regent::core::test {

class Invariants {
  public:
    /// Throws std::runtime_error with a sentence when `actions` or the state after them break one.
    void check(const Engine& engine, const Input& input, const Actions& actions);

    /// Status and decoding cost O(routers) a step: off for tests that measure.
    bool enabled = true;

  private:
    void check_order(const Actions& actions);
    void check_adverts(const Engine& engine, const Actions& actions) const;
    static void check_addresses(const Engine& engine, const Actions& actions);
    static void check_groups(const Engine& engine);

    std::uint64_t sequence_ = 0;
    std::map<std::string, vrrp::State> before_;
};

}  // namespace regent::core::test
