// SPDX-License-Identifier: Apache-2.0
#include "regent/plugin.hpp"

#include "fifo_notifier.hpp"

REGENT_PLUGIN("org.regent.fifo", "0.1.0", "events as lines in a named pipe", "", "Apache-2.0",
              regent::sdk::notifier<regent::plugins::fifo::FifoNotifier>)
