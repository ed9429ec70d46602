// SPDX-License-Identifier: Apache-2.0
// What the LANs do to datagrams: loss, delay and with it reorder, duplication, partitions of both kinds.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/sim/random.hpp"
#include "tests/unit/core/harness.hpp"

namespace regent::sim {

struct Impairment {
    unsigned loss = 0;       ///< percent
    unsigned duplicate = 0;  ///< percent
    Duration delay{};        ///< up to this much more, drawn for each copy

    bool operator==(const Impairment&) const = default;
};

class Network {
  public:
    explicit Network(Random random) : random_(random) {}

    std::vector<Duration> carry(const std::string& lan, const std::string& from, const std::string& to);
    void impair(const std::string& lan, const Impairment& how) { impaired_[lan] = how; }
    void mend(const std::string& lan) { impaired_.erase(lan); }
    /// One way only.
    void cut(const std::string& lan, const std::string& from, const std::string& to) {
        cut_.insert({lan, from, to});
    }
    void join(const std::string& lan, const std::string& from, const std::string& to) {
        cut_.erase({lan, from, to});
    }
    void heal() {
        impaired_.clear();
        cut_.clear();
    }
    /// Every datagram arrives once and at once.
    bool whole() const { return impaired_.empty() && cut_.empty(); }

  private:
    Random random_;
    std::map<std::string, Impairment> impaired_;
    std::set<std::tuple<std::string, std::string, std::string>> cut_;
};

}  // namespace regent::sim
