// SPDX-License-Identifier: Apache-2.0
#include "regent/plugin.hpp"

#include "ping_check.hpp"

REGENT_PLUGIN("org.regent.ping", "0.1.0", "ICMP echo", "", "Apache-2.0",
              regent::sdk::check<regent::plugins::ping::PingCheck>)
