// SPDX-License-Identifier: Apache-2.0
// What is said about discarded packets: the first of a kind from a sender at once, the rest as one line a
// minute. A flood costs a bounded number of lines and bounded memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/base/ip_address.hpp"
#include "agent/base/time.hpp"
#include "agent/core/action.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::core {

class DiscardLog {
  public:
    /// `where` names the instance or the interface. `detail` may add what was wrong, and may be empty.
    void add(const std::string& where, const IpAddress& sender, vrrp::Discard reason,
             const std::string& detail, Instant now, Actions& actions);
    /// Summaries that are due.
    void run(Instant now, Actions& actions);
    std::optional<Instant> next_deadline() const { return next_summary_; }

  private:
    struct Key {
        std::string where;
        IpAddress sender;
        vrrp::Discard reason;
        auto operator<=>(const Key&) const = default;
    };
    std::map<Key, std::uint64_t> since_summary_;
    std::uint64_t unlisted_ = 0;  ///< beyond the bound of kinds
    std::optional<Instant> next_summary_;
};

}  // namespace regent::core
