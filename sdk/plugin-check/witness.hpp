// SPDX-License-Identifier: Apache-2.0
// Stands between the fake host and a type: every operation that the host calls goes through here, is timed,
// and may not throw.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/platform/descriptor.hpp"

#include "regent/abi/plugin.h"
#include "regent/testing/record.hpp"

namespace regent::plugin_check {

/// One at a time: the operations of a plugin are plain functions, and so are these.
class Witness {
  public:
    explicit Witness(const regent_type& type);
    ~Witness();
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;

    /// The type with its operations watched. Lives as long as this.
    const regent_type& type() const { return type_; }
    /// The plugin's own operations, for calls that a host would not make.
    const sdk::testing::Operations& real() const { return real_; }
    /// What create returned last.
    void* last_self() const { return last_self_; }

    /// By the name of the operation, the longest that it took, without the time that it waited for a
    /// processor: that is the machine's affair. One that throws is counted too.
    const std::map<std::string, Duration>& longest() const { return longest_; }
    /// "probe: what it threw".
    const std::vector<std::string>& thrown() const { return thrown_; }

    /// Runs `call`, timed, and catches what it throws.
    template <class Call>
    void watch(const char* name, const Call& call);

  private:
    friend struct Watched;

    /// How long this thread has waited for a processor in its life (CONFIG_SCHED_INFO; 0 without).
    Duration kept_waiting() const;

    platform::Descriptor schedule_;
    regent_type type_;
    sdk::testing::Operations real_;
    regent_check_ops check_{};
    regent_notifier_ops notifier_{};
    void* last_self_ = nullptr;
    std::map<std::string, Duration> longest_;
    std::vector<std::string> thrown_;
};

}  // namespace regent::plugin_check
