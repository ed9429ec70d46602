// SPDX-License-Identifier: Apache-2.0
#include "regent/plugin.hpp"

#include "plugins/process/process_check.hpp"

REGENT_PLUGIN("org.regent.process", "1.0.0", "checks that a process is alive", "", "Apache-2.0",
              regent::sdk::check<regent::plugins::process::ProcessCheck>)
