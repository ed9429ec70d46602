// SPDX-License-Identifier: Apache-2.0
#include "regent/plugin.hpp"

#include "plugins/rmi/rmi_check.hpp"

REGENT_PLUGIN("org.regent.rmi", "0.1.0", "Java RMI servers", "", "Apache-2.0",
              regent::sdk::check<regent::plugins::rmi::RmiCheck>)
