// SPDX-License-Identifier: Apache-2.0
// What the kernel has told us about links and addresses. Never a guess: only inputs change it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/core/input.hpp"

namespace regent::core {

class KernelView {
  public:
    struct LinkState {
        Link link;
        std::optional<Instant> down_since;  ///< none while up with carrier
    };

    void set_link(const Link& link, Instant now);
    void remove_link(int index);
    /// Forgets everything: a snapshot follows.
    void clear_addresses() { addresses_.clear(); }
    /// Links that are not in `links` are forgotten; returns their indices.
    std::vector<int> keep_only(const std::vector<Link>& links);

    void add_address(const KernelAddress& address);
    void remove_address(const KernelAddress& address);

    const LinkState* link(int index) const;
    const LinkState* link(const std::string& name) const;

    /// Whether that address stands on that interface and is not ours.
    bool has_foreign(const std::string& device, const IpAddress& address, std::uint8_t prefix) const;
    /// The addresses of an interface that are not ours, the oldest first.
    const std::vector<KernelAddress>& addresses(int interface_index) const;

  private:
    void release_name(const std::string& name, int index);

    std::map<int, LinkState> links_;
    std::map<std::string, int> index_by_name_;
    std::map<int, std::vector<KernelAddress>> addresses_;
};

}  // namespace regent::core
