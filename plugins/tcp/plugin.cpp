// SPDX-License-Identifier: Apache-2.0
#include "regent/plugin.hpp"

#include "tcp_check.hpp"

REGENT_PLUGIN("org.regent.tcp", "0.1.0", "TCP connections", "", "Apache-2.0",
              regent::sdk::check<regent::plugins::tcp::TcpCheck>)
