// SPDX-License-Identifier: Apache-2.0
#include "regent/plugin.hpp"

#include "plugins/haproxy/haproxy_check.hpp"

REGENT_PLUGIN("org.regent.haproxy", "1.0.0", "checks that HAProxy can serve", "", "Apache-2.0",
              regent::sdk::check<regent::plugins::haproxy::HaproxyCheck>)
