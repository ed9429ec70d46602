// SPDX-License-Identifier: Apache-2.0
// The intervals of a virtual router: RFC 9568 §6.1 and RFC 3768 §6.1.
#pragma once

#include <cstdint>

#include "agent/base/time.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::vrrp {

/// Skew_Time: in version 3 ((256 − priority) × interval) / 256 (RFC 9568 §6.1); in version 2
/// (256 − priority) / 256 of a second whatever the interval is (RFC 3768 §6.1). In nanoseconds, so that short
/// intervals keep their skew.
Duration skew_time(Version version, std::uint8_t priority, Duration master_interval);

/// Master_Down_Interval without skew: `down_adverts` × the master's interval. The RFCs say 3.
Duration silence_limit(Duration master_interval, unsigned down_adverts);

/// Master_Down_Interval: silence_limit + skew_time.
Duration master_down_interval(Version version, std::uint8_t priority, Duration master_interval,
                              unsigned down_adverts = 3);

}  // namespace regent::vrrp
