// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/network.hpp"

namespace regent::sim {

std::vector<Duration> Network::carry(const std::string& lan, const std::string& from, const std::string& to) {
    constexpr Duration latency = core::test::World::latency;
    if (!cut_.empty() && cut_.contains({lan, from, to})) return {};
    const auto found = impaired_.find(lan);
    if (found == impaired_.end()) return {latency};
    const auto& how = found->second;
    std::vector<Duration> copies;
    const unsigned sent = random_.percent(how.duplicate) ? 2 : 1;
    for (unsigned copy = 0; copy < sent; ++copy) {
        if (!random_.percent(how.loss))
            copies.push_back(latency + random_.between(Duration::zero(), how.delay));
    }
    return copies;
}

}  // namespace regent::sim
