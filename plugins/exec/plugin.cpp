// SPDX-License-Identifier: Apache-2.0
#include "regent/plugin.hpp"

#include "exec_check.hpp"
#include "exec_notifier.hpp"

REGENT_PLUGIN("org.regent.exec", "0.1.0", "programs as checks and for events", "", "Apache-2.0",
              regent::sdk::check<regent::plugins::exec::ExecCheck>,
              regent::sdk::notifier<regent::plugins::exec::ExecNotifier>)
