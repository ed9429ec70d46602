// SPDX-License-Identifier: Apache-2.0
#include "agent/vrrp/timers.hpp"

namespace regent::vrrp {

Duration skew_time(Version version, std::uint8_t priority, Duration master_interval) {
    constexpr Duration second = std::chrono::seconds(1);
    // RFC 3768 §6.1 knows no interval here; RFC 9568 §6.1 scales by the interval of the master.
    const Duration base = version == Version::v2 ? second : master_interval;
    return (256 - priority) * base / 256;
}

Duration silence_limit(Duration master_interval, unsigned down_adverts) {
    return master_interval * down_adverts;
}

Duration master_down_interval(Version version, std::uint8_t priority, Duration master_interval,
                              unsigned down_adverts) {
    return silence_limit(master_interval, down_adverts) + skew_time(version, priority, master_interval);
}

}  // namespace regent::vrrp
