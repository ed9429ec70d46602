// SPDX-License-Identifier: Apache-2.0
// What is demanded of the names in a registry, and what follows from its replies. Computation alone.
#pragma once

#include <string>
#include <vector>

#include "plugins/rmi/jrmp.hpp"
#include "regent/context.hpp"

namespace regent::plugins::rmi {

struct Demands {
    std::vector<std::string> names;
    std::vector<std::string> interfaces;  ///< of each name, or none at all; empty text: any
    std::string stub_host;                ///< where stubs must send clients; empty: anywhere
    std::uint32_t stub_port = 0;          ///< likewise; 0: any
};

/// Collects the replies of one round of lookups.
class Findings {
  public:
    explicit Findings(const Demands& demands) : demands_(&demands) {}

    /// `answer`: to the lookup of names[index], in a final state. False: no other name need be looked up.
    bool add(std::size_t index, const jrmp::Reader& answer);
    /// DOWN: a name is not bound, or bound to something else, or the registry does not work. DEGRADED: a stub
    /// leads somewhere else. Else UP. The message does not say where.
    sdk::Result judge() const;
    std::size_t bound_count() const { return bound_; }

  private:
    bool add_bound(std::size_t index, const jrmp::Bound& bound);
    void look_at_endpoint(std::size_t index, const jrmp::Bound& bound);

    const Demands* demands_;
    std::size_t bound_ = 0;
    std::vector<std::string> unbound_;     ///< names
    std::vector<std::string> wrong_;       ///< sentences
    std::vector<std::string> misleading_;  ///< sentences
    std::string broken_;                   ///< a sentence; empty: it works
    bool has_no_registry_ = false;
};

}  // namespace regent::plugins::rmi
